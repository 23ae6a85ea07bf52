import type { Tx } from '../../db/database.ts';
import { holdAffected, releaseAffected } from '../../db/queries/incidents/hold-affected.ts';
import { candidates, missingAccounts, setAffected } from '../../db/queries/incidents/set-affected.ts';
import type { IncidentRow } from '../../db/schema/incidents.ts';
import { CelError } from '../../playbooks/cel/cel-error.ts';
import { compileCel } from '../../playbooks/cel/compile-cel.ts';
import { holds } from '../../playbooks/cel/evaluate-cel.ts';
import { planOf } from '../../playbooks/plans.ts';
import { resolveConfig } from '../../playbooks/publish/resolve-config.ts';
import type { AffectedBody, Severity } from '../../workflows/contracts/incidents.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { InvalidRequest } from '../problem.ts';
import type { IncidentPolicy } from './policy.ts';

const PAGE = 5_000;
const LEVEL = 'sev1';

/** Says which accounts an incident touches from now on; every plan, account and expression must be known. */
export async function widenOrNarrow(
  tx: Tx,
  i: { incident: Pick<IncidentRow, 'id'>; affected: AffectedBody; playbook: Playbook; now: number },
): Promise<{ total: number; added: number; removed: number }> {
  const { incident, affected, playbook, now } = i;
  for (const plan of affected.plans ?? []) planOf(plan);
  const [missing] = affected.accounts ? await missingAccounts(tx, affected.accounts) : [];
  if (missing !== undefined)
    throw new TenureError('unknown-account', `There is no open account ${missing}.`, { account: missing });
  const chosen = affected.segment === undefined ? [] : await inSegment(tx, playbook, affected.segment, now);
  return setAffected(tx, {
    incidentId: incident.id,
    affected: { all: affected.all, plans: affected.plans, accounts: [...(affected.accounts ?? []), ...chosen] },
    now: new Date(now),
  });
}

async function inSegment(tx: Tx, playbook: Playbook, segment: string, now: number): Promise<string[]> {
  const wrong = (detail: string) => new InvalidRequest([{ pointer: '/affected/segment', detail }]);
  try {
    if (compileCel(playbook, segment).type !== 'bool') throw wrong('must be true or false');
    const config = resolveConfig(playbook);
    const chosen: string[] = [];
    for (let after = ''; ;) {
      const rows = await candidates(tx, after, PAGE);
      for (const row of rows) {
        const account = { ...row, timeZone: row.time_zone };
        const journey = { id: '', startedAt: now, anchors: {} };
        const scope = { account, facts: row.facts, metrics: {}, flags: {}, config, journey, now };
        if (holds(playbook, segment, scope)) chosen.push(row.id);
      }
      if (rows.length < PAGE) return chosen;
      after = rows.at(-1)!.id;
    }
  } catch (error) {
    if (error instanceof CelError) throw wrong(error.detail);
    throw error;
  }
}

/** Brings the holds of affected accounts to what the incident's severity and status ask for, in the transaction that changed them. */
export async function alignHolds(
  tx: Tx,
  i: { incident: IncidentRow; policy: IncidentPolicy; now: number; perSecond: number },
): Promise<void> {
  const { incident, policy, perSecond } = i;
  const now = new Date(i.now);
  const by = `incident:${incident.id}`;
  const on = incident.resolvedAt === null && incident.closedAt === null;
  const wanted = on && policy.holds(incident.severity as Severity | null);
  await releaseAffected(tx, { incidentId: incident.id, only: wanted ? 'removed' : 'all', by, now, perSecond });
  if (wanted) await holdAffected(tx, { incidentId: incident.id, level: LEVEL, reason: by, by, now });
}
