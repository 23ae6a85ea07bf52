import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const MAX_TOKEN_CHARS = 2048;

/** An opaque URL-safe token of a text; the same text, secret and purpose give the same token, so a retried mail keeps its link. */
export function seal(text: string, secret: string, purpose: string): string {
  const plain = Buffer.from(text);
  const { encryption, nonce } = keysFrom(secret, purpose);
  // A nonce made from the plaintext (as in SIV) can only repeat for the very same text, which GCM allows.
  const iv = createHmac('sha256', nonce).update(plain).digest().subarray(0, IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', encryption, iv).setAAD(Buffer.of(VERSION));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), iv, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** The text of a token that was sealed with this secret, or one of these, for this purpose; undefined for anything forged, altered or malformed. */
export function unseal(token: string, secret: string | readonly string[], purpose: string): string | undefined {
  if (token.length > MAX_TOKEN_CHARS || !/^[A-Za-z0-9_-]+$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  // Base64 has several spellings of one value: only the one we wrote is accepted.
  if (bytes.toString('base64url') !== token) return undefined;
  if (bytes.length <= 1 + IV_BYTES + TAG_BYTES || bytes[0] !== VERSION) return undefined;
  for (const candidate of typeof secret === 'string' ? [secret] : secret) {
    const text = open(bytes, candidate, purpose);
    if (text !== undefined) return text;
  }
  return undefined;
}

function open(bytes: Buffer, secret: string, purpose: string): string | undefined {
  const iv = bytes.subarray(1, 1 + IV_BYTES);
  const tag = bytes.subarray(1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES);
  const { encryption } = keysFrom(secret, purpose);
  const decipher = createDecipheriv('aes-256-gcm', encryption, iv, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.of(VERSION))
    .setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(bytes.subarray(1 + IV_BYTES + TAG_BYTES)), decipher.final()]).toString();
  } catch {
    return undefined;
  }
}

function keysFrom(secret: string, purpose: string): { encryption: Buffer; nonce: Buffer } {
  if (secret.length < 16) throw new RangeError(`the secret of ${purpose} must have at least 16 characters`);
  const material = Buffer.from(hkdfSync('sha256', secret, 'tenure', purpose, 64));
  return { encryption: material.subarray(0, 32), nonce: material.subarray(32) };
}
