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

export const UNSUBSCRIBED = 'unsubscribed';
const SOURCE = 'one-click';

type Contact = NonNullable<Awaited<ReturnType<typeof readContact>>>;
type No = { channel: string; source: string; at: Date; secret: string };

/** Takes a customer's no by a link: address suppressed at once, consent withdrawn, journeys that listen told. False when it was said before. */
export async function unsubscribeContact(
  tx: Tx,
  claim: UnsubscribeClaim,
  secret: string,
  now: number,
): Promise<boolean> {
  const at = new Date(now);
  const contact = await readContact(tx, claim.contact);
  if (!contact) return false;
  const { accountId } = contact;
  if (!(await takeNo(tx, contact, { channel: claim.channel, source: SOURCE, at, secret }))) return false;
  const id = `unsubscribe:${randomUUID()}`;
  const fields = { channel: claim.channel };
  const data = { ...fields, contact: contact.id };
  await insertEvents(tx, [
    { id, accountId, type: UNSUBSCRIBED, at, receivedAt: at, data, bodyHash: hashBody(data), actor: 'customer' },
  ]);
  const listeners = (await openListeners(tx, [accountId])).filter(({ listens }) => UNSUBSCRIBED in listens);
  const happening = { t: 'event' as const, id, type: UNSUBSCRIBED, at: now, fields };
  await tellJourneys(
    tx,
    listeners.map(({ journeyId }) => ({ accountId, journeyId, happening })),
    at,
  );
  const details = { contact: contact.id, channel: claim.channel, message: claim.message ?? null };
  await recordAudit(tx, {
    at,
    actor: 'customer',
    action: 'contact.unsubscribe',
    target: `account:${accountId}`,
    reason: SOURCE,
    details,
  });
  return true;
}

/** Suppresses a contact's address for marketing and withdraws its consent on a channel; false when both were so already. */
export async function takeNo(tx: Tx, contact: Contact, { channel, source, at, secret }: No): Promise<boolean> {
  const address = channel === 'sms' ? contact.phone : channel === 'email' ? contact.email : null;
  const fresh = address
    ? await suppress(tx, {
        channel,
        addressHash: addressHash(channel, address, secret),
        scope: 'marketing',
        reason: 'unsubscribed',
        source,
        at,
      })
    : false;
  const withdrawn = await withdrawConsent(tx, { contactId: contact.id, channel, source, at });
  return fresh || withdrawn;
}
