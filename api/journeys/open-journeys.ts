import { randomUUID } from 'node:crypto';
import type { Tx } from '../../db/database.ts';
import { lockAccounts } from '../../db/queries/accounts/read-account.ts';
import type { AccountRow } from '../../db/queries/accounts/read-account.ts';
import { knownRefusals } from '../../db/queries/audit/known-refusals.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import type { AuditEntry } from '../../db/queries/audit/record-audit.ts';
import { insertJourneys } from '../../db/queries/journeys/insert-journey.ts';
import { readStarters } from '../../db/queries/renewals/read-starters.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import { CelError } from '../../playbooks/cel/cel-error.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { journeyWorkflowId } from '../../workflows/messages.ts';
import type { Published } from '../playbooks/catalog.ts';
import { afterOpening } from './after-opening.ts';
import { healthAtStart } from './health-at-start.ts';
import { newJourney, readsAtStart } from './new-journey.ts';

type Openings = {
  playbookOf: (account: AccountRow) => Published;
  accounts: AccountRow[];
  actor: string;
  systemZone: string;
  now: number;
  clockShift?: number;
};

/** Opens journeys of many accounts in a few statements, each under its lock; those that are open already, and accounts that cannot start, are left out. Why one cannot is in the trail once. */
export async function openJourneys(tx: Tx, o: Openings): Promise<{ rows: JourneyRow[]; refused: number }> {
  const { playbookOf, actor, systemZone, now, clockShift } = o;
  const accounts = await stillOpen(tx, o.accounts);
  const at = new Date(now);
  const reads = accounts.some((account) => readsAtStart(playbookOf(account)));
  const ids = accounts.map((account) => account.id);
  const starter = await readStarters(tx, ids, { now: at, metrics: reads });
  const fresh: (ReturnType<typeof newJourney> & { playbook: Published })[] = [];
  const refused: Refused[] = [];
  for (const account of accounts) {
    const playbook = playbookOf(account);
    const { kind, key } = playbook.definition;
    const lock = journeyWorkflowId(kind, account.id, key);
    const body = { ...(key === undefined ? {} : { key }) };
    try {
      const id = randomUUID();
      const known = starter(account.id);
      const health = await healthAtStart(tx, playbook, account, now);
      const given = { id, lock, playbook, account, ...known, health, body, actor, systemZone, now, clockShift };
      fresh.push({ ...newJourney(given), playbook });
    } catch (error) {
      refused.push({ accountId: account.id, playbook: playbook.id, code: codeOf(error) });
    }
  }
  const rows = await insertJourneys(
    tx,
    fresh.map((one) => one.row),
  );
  const begun = new Map(fresh.map((one) => [one.row.id, one]));
  const opened = rows.map((row) => ({ ...begun.get(row.id)!, row }));
  await recordAudit(tx, ...opened.map(({ entry }) => entry), ...(await newsOf(tx, refused, { at, actor })));
  await afterOpening(tx, opened, now);
  return { rows, refused: refused.length };
}

/** As they are now, in the order given; locked, so that nobody closes one or starts the same there meanwhile. */
async function stillOpen(tx: Tx, given: AccountRow[]): Promise<AccountRow[]> {
  const locked = await lockAccounts(
    tx,
    given.map((account) => account.id),
  );
  const rows = new Map(locked.map((row) => [row.id, row]));
  return given.flatMap(({ id }) => rows.get(id) ?? []).filter((row) => !row.closedAt && !row.erasedAt);
}

type Refused = { accountId: string; playbook: string; code: string };

/** Entries for those that the trail does not know to be refused for the same reason already, since whoever asks comes again every day. */
async function newsOf(tx: Tx, refused: Refused[], by: Pick<AuditEntry, 'at' | 'actor'>): Promise<AuditEntry[]> {
  const known = await knownRefusals(
    tx,
    refused.map((one) => one.accountId),
  );
  return refused
    .filter(({ accountId, playbook, code }) => known.get(`${accountId} ${playbook}`) !== code)
    .map(({ accountId, ...details }) => ({
      ...by,
      action: 'journey.not-started',
      target: `account:${accountId}`,
      details,
    }));
}

/** Whatever one account lacks must not keep the others from starting; anything else must. */
function codeOf(error: unknown): string {
  if (error instanceof TenureError) return error.code;
  if (error instanceof CelError) return 'condition-failed';
  throw error;
}
