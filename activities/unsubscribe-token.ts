import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';

/** What an unsubscribe link stands for: opaque ids and names only, never an address. */
export interface UnsubscribeClaim {
  contact: string;
  channel: string;
  class: string;
  message?: string;
}

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const MAX_TOKEN_CHARS = 2048;

/** An opaque URL-safe token of the claim; the same claim and secret give the same token, so a retried mail keeps its link. */
export function signUnsubscribe(claim: UnsubscribeClaim, secret: string): string {
  const plain = Buffer.from(JSON.stringify([claim.contact, claim.channel, claim.class, claim.message ?? null]));
  const { encryption, nonce } = keysFrom(secret);
  // A nonce made from the plaintext (as in SIV) can only repeat for the very same claim, which GCM allows.
  const iv = createHmac('sha256', nonce).update(plain).digest().subarray(0, IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', encryption, iv).setAAD(Buffer.of(VERSION));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), iv, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** The claim of a token that was signed with this secret, or one of these; undefined for anything forged, altered or malformed. */
export function readUnsubscribe(token: string, secret: string | readonly string[]): UnsubscribeClaim | undefined {
  if (token.length > MAX_TOKEN_CHARS || !/^[A-Za-z0-9_-]+$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  // Base64 has several spellings of one value: only the one we wrote is accepted.
  if (bytes.toString('base64url') !== token) return undefined;
  if (bytes.length <= 1 + IV_BYTES + TAG_BYTES || bytes[0] !== VERSION) return undefined;
  for (const candidate of typeof secret === 'string' ? [secret] : secret) {
    const claim = open(bytes, candidate);
    if (claim) return claim;
  }
  return undefined;
}

function open(bytes: Buffer, secret: string): UnsubscribeClaim | undefined {
  const iv = bytes.subarray(1, 1 + IV_BYTES);
  const tag = bytes.subarray(1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', keysFrom(secret).encryption, iv, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.of(VERSION))
    .setAuthTag(tag);
  try {
    const plain = Buffer.concat([decipher.update(bytes.subarray(1 + IV_BYTES + TAG_BYTES)), decipher.final()]);
    const [contact, channel, messageClass, message] = JSON.parse(plain.toString('utf8'));
    return { contact, channel, class: messageClass, ...(message === null ? {} : { message }) };
  } catch {
    return undefined;
  }
}

function keysFrom(secret: string): { encryption: Buffer; nonce: Buffer } {
  if (secret.length < 16) throw new RangeError('the unsubscribe secret must have at least 16 characters');
  const material = Buffer.from(hkdfSync('sha256', secret, 'tenure', 'unsubscribe/v1', 64));
  return { encryption: material.subarray(0, 32), nonce: material.subarray(32) };
}
