import type { Tx } from '../../db/database.ts';
import { readMetrics } from '../../db/queries/accounts/read-metrics.ts';
import { insertJourney } from '../../db/queries/journeys/insert-journey.ts';
import { findStarted } from '../../db/queries/journeys/read-journey.ts';
import { readStart } from '../../db/queries/journeys/read-start.ts';
import type { Start } from '../../db/queries/journeys/read-start.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { StartJourneyBody } from '../../workflows/contracts/api.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { parseDuration } from '../../workflows/contracts/time.ts';
import { journeyWorkflowId } from '../../workflows/messages.ts';
import type { Published } from '../playbooks/catalog.ts';
import { afterOpening } from './after-opening.ts';
import { healthAtStart } from './health-at-start.ts';
import { newJourney, readsAtStart } from './new-journey.ts';

export type Opening = {
  id: string;
  playbook: Published;
  body: Omit<StartJourneyBody, 'playbook' | 'version'>;
  actor: string;
  systemZone: string;
  now: number;
  /** In a rehearsal: the run's distance to real time, ms. */
  clockShift?: number;
};

/** Opens a journey under its lock, or returns the one that is open there (or that this very request opened before). Throws what forbids it. */
export async function openJourney(tx: Tx, opening: Opening): Promise<{ row: JourneyRow; created: boolean }> {
  const { id, playbook, body, now } = opening;
  const { kind, reentry } = playbook.definition;
  const key = keyOf(playbook, body.key);
  const lock = journeyWorkflowId(kind, body.account, key);
  const by = { id, lock, account: body.account, playbook: playbook.id };
  let start = await readStart(tx, by);
  const known = start?.known ? await findStarted(tx, id, lock) : undefined;
  // It has ended while its account was waited for; nothing ends there from now on.
  if (start?.known && !known) start = await readStart(tx, by);
  if (!start)
    throw new TenureError('unknown-account', `There is no account ${body.account}.`, { account: body.account });
  const { account, contacts, ended } = start;
  if (account.erasedAt || account.closedAt)
    throw new TenureError('account-closed', 'The account is closed or erased.', { account: body.account });
  if (known?.id === id && known.lock !== lock)
    throw new TenureError('id-reused', 'This Idempotency-Key started another journey.');
  if (known) return { row: sameOne(known, playbook.id), created: false };
  checkReentry(ended, { playbook: playbook.id, reentry, now });

  const { row: fresh, entry } = newJourney({
    ...{ id, lock, playbook, account, contacts, body: { ...body, key }, now },
    metrics: readsAtStart(playbook) ? await readMetrics(tx, body.account, new Date(now)) : {},
    health: await healthAtStart(tx, playbook, account, now),
    actor: opening.actor,
    systemZone: opening.systemZone,
    clockShift: opening.clockShift,
  });
  const row = await insertJourney(tx, fresh, entry);
  // Lost the race for the lock: whoever won has committed, or this insert would still wait.
  if (!row)
    return {
      row: sameOne(await findStarted(tx, id, lock), playbook.id),
      created: false,
    };
  await afterOpening(tx, [{ row, playbook }], now);
  return { row, created: true };
}

/** What journeys of one kind beside each other are told apart by: the playbook's key, the request's, or both. */
export const keyOf = ({ definition }: Published, given?: string): string | undefined =>
  [definition.key, given].filter(Boolean).join('.') || undefined;

function sameOne(row: JourneyRow | undefined, playbook: string): JourneyRow {
  if (!row)
    throw new TenureError('other-journey-open', 'Another start was faster and has ended; repeat the request.', {});
  if (row.playbook === playbook) return row;
  throw new TenureError('other-journey-open', `The journey ${row.id} of ${row.playbook} is open for this account.`, {
    journey: row.id,
    playbook: row.playbook,
  });
}

type Reentry = Published['definition']['reentry'];

function checkReentry(last: Start['ended'], by: { playbook: string; reentry: Reentry; now: number }): void {
  if (!last || by.reentry === 'always') return;
  if (by.reentry === 'never')
    throw new TenureError(
      'reentry-refused',
      `The account has been through ${by.playbook} in journey ${last.id}, and it may be entered only once.`,
      { journey: last.id },
    );
  const { months, days, ms } = parseDuration(by.reentry.cooldown);
  const from = new Date(last.endedAt);
  from.setUTCMonth(from.getUTCMonth() + months);
  const at = from.getTime() + days * 86_400_000 + ms;
  if (by.now < at)
    throw new TenureError(
      'reentry-refused',
      `The account may enter ${by.playbook} again from ${new Date(at).toISOString()} on.`,
      { journey: last.id, from: new Date(at).toISOString() },
    );
}
