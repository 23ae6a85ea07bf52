import { seal, unseal } from './sealed-token.ts';

/** What an unsubscribe link stands for: opaque ids and names only, never an address. */
export interface UnsubscribeClaim {
  contact: string;
  channel: string;
  class: string;
  message?: string;
}

const PURPOSE = 'unsubscribe/v1';

/** An opaque URL-safe token of the claim; the same claim and secret give the same token, so a retried mail keeps its link. */
export function signUnsubscribe(claim: UnsubscribeClaim, secret: string): string {
  const plain = JSON.stringify([claim.contact, claim.channel, claim.class, claim.message ?? null]);
  return seal(plain, secret, PURPOSE);
}

/** The claim of a token that was signed with this secret, or one of these; undefined for anything forged, altered or malformed. */
export function readUnsubscribe(token: string, secret: string | readonly string[]): UnsubscribeClaim | undefined {
  const plain = unseal(token, secret, PURPOSE);
  if (plain === undefined) return undefined;
  const [contact, channel, messageClass, message] = JSON.parse(plain) as string[];
  return { contact: contact!, channel: channel!, class: messageClass!, ...(message ? { message } : {}) };
}
