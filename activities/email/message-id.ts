import { createHash } from 'node:crypto';

/** The opaque id by which a provider knows one ledger key; the same key gives the same id. */
export function providerKeyFor(key: string): string {
  return createHash('sha256').update(`tenure/message/${key}`).digest('hex').slice(0, 40);
}

/** The domain of a mailbox such as `Tenure <no-reply@example.com>`. */
export const domainOf = (mailbox: string): string => /@([^\s>]+)/.exec(mailbox)?.[1] ?? 'localhost';

/** The `Message-ID` of one ledger key, in angle brackets; it reveals nothing of the key. */
export function messageIdFor(key: string, domain: string): string {
  return `<${providerKeyFor(key)}@${domain}>`;
}
