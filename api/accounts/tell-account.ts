import { randomUUID } from 'node:crypto';
import type { Tx } from '../../db/database.ts';
import { tellJourneys } from '../../db/queries/deliveries/tell-journeys.ts';
import { insertEvents } from '../../db/queries/events/insert-events.ts';
import { openListeners } from '../../db/queries/events/open-listeners.ts';
import type { Happening } from '../../workflows/contracts/journey.ts';
import type { ZoneRules } from '../../workflows/contracts/time.ts';
import { hashBody } from '../plugins/idempotency.ts';

export type AccountEvent = { type: string; fields: Record<string, string | number | boolean | null>; zone?: ZoneRules };

/** Stores what changed about an account as an event, and tells every open journey of it, in the transaction of the change; returns how many. */
export async function tellAccount(
  tx: Tx,
  accountId: string,
  event: AccountEvent,
  actor: string,
  now: number,
): Promise<number> {
  const id = `account:${randomUUID()}`;
  const at = new Date(now);
  const { type, fields, zone } = event;
  await insertEvents(tx, [
    { id, accountId, type, at, receivedAt: at, data: fields, bodyHash: hashBody(fields), actor },
  ]);
  const listeners = await openListeners(tx, [accountId]);
  const happening: Happening = { t: 'event', id, type, at: now, fields, ...(zone ? { zone } : {}) };
  return tellJourneys(
    tx,
    listeners.map(({ journeyId }) => ({ accountId, journeyId, happening })),
    at,
  );
}
