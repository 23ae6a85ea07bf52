import { createHash, randomUUID } from 'node:crypto';
import type { Tx } from '../../database.ts';
import { events } from '../../schema/index.ts';
import { tellJourneys } from '../deliveries/tell-journeys.ts';

/** Stores what happened to an incident as an event and tells its run alone, in the transaction of the change: ids, enums, numbers and dates only. */
export async function tellIncident(
  tx: Tx,
  i: {
    incident: { id: string; journeyId: string };
    accountId: string;
    type: string;
    fields?: Record<string, string | number | boolean>;
    actor: string;
    now: Date;
  },
): Promise<void> {
  const { incident, accountId, type, fields = {}, actor, now } = i;
  const id = `incident:${randomUUID()}`;
  const data = { incident: incident.id, ...fields };
  const bodyHash = createHash('sha256').update(JSON.stringify(data)).digest('hex');
  await tx.insert(events).values({ id, accountId, type, at: now, receivedAt: now, data, bodyHash, actor });
  const happening = { t: 'event' as const, id, type, at: now.getTime(), fields };
  await tellJourneys(tx, [{ accountId, journeyId: incident.journeyId, happening }], now);
}
