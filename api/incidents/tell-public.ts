import type { Tx } from '../../db/database.ts';
import { addUpdate, changeIncident } from '../../db/queries/incidents/change-incident.ts';
import { tellIncident } from '../../db/queries/incidents/tell-incident.ts';
import type { IncidentRow } from '../../db/schema/incidents.ts';
import type { IncidentStatus, Severity } from '../../workflows/contracts/incidents.ts';
import { journeyAccount, refused } from './acting.ts';
import type { Acting } from './acting.ts';

const MINUTE = 60_000;

/** Puts one more update before the public, with the next one promised unless it is the last; the run sends it to every affected account. */
export async function tellPublic(
  tx: Tx,
  acting: Acting,
  say: { status: IncidentStatus; message: string; nextUpdateInMinutes?: number; event?: 'incident.reopened' },
): Promise<IncidentRow> {
  const { incident, actor, now } = acting;
  const { status, message } = say;
  const nextUpdateAt = status === 'Resolved' ? null : new Date(now + promise(acting, say.nextUpdateInMinutes));
  const n = incident.updates + 1;
  const at = new Date(now);
  await addUpdate(tx, { incidentId: incident.id, n, status, message, nextUpdateAt, by: actor, at });
  const changed = await changeIncident(tx, incident.id, { status, updates: n, nextUpdateAt });
  const next: Record<string, string> = nextUpdateAt ? { nextUpdate: nextUpdateAt.toISOString() } : {};
  const tell = (type: string, fields: Record<string, string>) =>
    tellIncident(tx, { incident, accountId: journeyAccount(incident), type, fields, actor, now: at });
  if (say.event) await tell(say.event, next);
  await tell('incident.updated', { status, ...next });
  return changed;
}

/** How long the public waits for the next word: as asked for, but no longer than the severity allows. */
function promise({ incident, policy }: Acting, minutes: number | undefined): number {
  const most = policy.updateEvery(incident.severity as Severity | null);
  if (minutes === undefined) return most;
  if (minutes * MINUTE <= most) return minutes * MINUTE;
  throw refused(
    'promise-too-late',
    `The next update of a ${incident.severity ?? 'not yet classified'} incident comes within ${most / MINUTE} minutes.`,
    { command: 'update', nextUpdateInMinutes: most / MINUTE },
  );
}
