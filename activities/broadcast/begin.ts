import { randomUUID } from 'node:crypto';
import type { Tx } from '../../db/database.ts';
import { beginBroadcast, supersedeOlder } from '../../db/queries/broadcasts/begin-broadcast.ts';
import { incidentOfJourney } from '../../db/queries/incidents/read-incident.ts';
import type { DeliverInput, DeliverOutcome } from '../../workflows/contracts/journey.ts';
import type { StepContext } from '../deliver/context.ts';
import { say, sentReason } from '../deliver/record.ts';

/** Begins a notice of the newest public update to every affected account, and whoever was told before: frozen here, told by a workflow of its own. What is older and untold is not told any more. */
export async function begin(tx: Tx, c: StepContext, input: DeliverInput, now: number): Promise<DeliverOutcome> {
  const skip = async (reason: string): Promise<DeliverOutcome> => {
    await say(tx, c, input, now, { outcome: 'skipped', reason });
    return { is: 'skipped', reason };
  };
  const incident = await incidentOfJourney(tx, input.journeyId);
  if (!incident || incident.updates === 0) return skip('nothing-to-tell');
  const { step, n, journeyId } = input;
  const at = new Date(now);
  const superseded = await supersedeOlder(tx, { incidentId: incident.id, step, update: incident.updates, now: at });
  const id = randomUUID();
  const total = await beginBroadcast(
    tx,
    {
      ...{ id, journeyId, step, n },
      incidentId: incident.id,
      update: incident.updates,
      playbook: c.playbook.id,
      version: c.journey.version,
      flags: input.state.flags,
      due: new Date(input.due),
      staleAt: new Date(input.staleAfter),
      // In a rehearsal the notice's own workflow lives from here on in real time.
      clockShift: input.clockShift === 0 ? 0 : now - Date.now(),
      createdAt: at,
    },
    c.spec.plans,
  );
  if (total === 0) return skip(incident.accounts === 0 ? 'nobody-affected' : 'nobody-to-tell');
  const details = { broadcast: id, incident: incident.id, update: incident.updates, total, superseded };
  await say(tx, c, input, now, { outcome: 'sent', reason: sentReason(input, now), details });
  return { is: 'sent' };
}
