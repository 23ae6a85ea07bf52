import type { Tx } from '../../database.ts';
import type { Happening } from '../../../workflows/contracts/journey.ts';
import { openListeners } from '../events/open-listeners.ts';
import { tellJourneys } from './tell-journeys.ts';

type Fields = Extract<Happening, { t: 'event' }>['fields'];

/** Tells an event that the system has stored itself to every open journey of the account that listens, each only the fields that it asks for. */
export async function tellEvent(
  tx: Tx,
  e: { id: string; type: string; accountId: string; fields: Fields; now: Date },
): Promise<void> {
  const listeners = await openListeners(tx, [e.accountId]);
  const tellings = listeners.flatMap(({ journeyId, listens }) => {
    const named = listens[e.type];
    if (!named) return [];
    const fields = Object.fromEntries(named.flatMap((name) => (name in e.fields ? [[name, e.fields[name]!]] : [])));
    const happening: Happening = { t: 'event', id: e.id, type: e.type, at: e.now.getTime(), fields };
    return [{ accountId: e.accountId, journeyId, happening }];
  });
  await tellJourneys(tx, tellings, e.now);
}
