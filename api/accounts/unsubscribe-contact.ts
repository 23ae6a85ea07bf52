import { randomUUID } from 'node:crypto';
import type { UnsubscribeClaim } from '../../activities/unsubscribe-token.ts';
import type { Tx } from '../../db/database.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { addressHash } from '../../db/queries/contacts/address-hash.ts';
import { readContact, withdrawConsent } from '../../db/queries/contacts/withdraw-consent.ts';
import { suppress } from '../../db/queries/contacts/suppress.ts';
import { tellJourneys } from '../../db/queries/deliveries/tell-journeys.ts';
import { insertEvents } from '../../db/queries/events/insert-events.ts';
import { openListeners } from '../../db/queries/events/open-listeners.ts';
import { hashBody } from '../plugins/idempotency.ts';

export const UNSUBSCRIBED = 'contact.unsubscribed';
const SOURCE = 'one-click';

/** Takes a customer's no: address suppressed at once, consent withdrawn, journeys that listen told. False when it was said before. */
export async function unsubscribeContact(tx: Tx, claim: UnsubscribeClaim, secret: string, now: number): Promise<boolean> {
  const at = new Date(now);
  const contact = await readContact(tx, claim.contact);
  if (!contact) return false;
  const { accountId } = contact;
  const address = claim.channel === 'sms' ? contact.phone : contact.email;
  const fresh = address
    ? await suppress(tx, { channel: claim.channel, addressHash: addressHash(claim.channel, address, secret), scope: 'marketing', reason: 'unsubscribed', source: SOURCE, at })
    : false;
  const withdrawn = await withdrawConsent(tx, { contactId: contact.id, channel: claim.channel, source: SOURCE, at });
  if (!fresh && !withdrawn) return false;
  const id = `unsubscribe:${randomUUID()}`;
  const fields = { channel: claim.channel };
  const data = { ...fields, contact: contact.id };
  await insertEvents(tx, [{ id, accountId, type: UNSUBSCRIBED, at, receivedAt: at, data, bodyHash: hashBody(data), actor: 'customer' }]);
  const listeners = (await openListeners(tx, [accountId])).filter(({ listens }) => UNSUBSCRIBED in listens);
  const happening = { t: 'event' as const, id, type: UNSUBSCRIBED, at: now, fields };
  await tellJourneys(tx, listeners.map(({ journeyId }) => ({ accountId, journeyId, happening })), at);
  const details = { contact: contact.id, channel: claim.channel, message: claim.message ?? null };
  await recordAudit(tx, { at, actor: 'customer', action: 'contact.unsubscribe', target: `account:${accountId}`, reason: SOURCE, details });
  return true;
}
