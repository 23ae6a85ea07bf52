import { createHmac } from 'node:crypto';

/** The keyed hash under which an address is suppressed; case and spaces do not matter. */
export function addressHash(channel: string, address: string, secret: string): string {
  const plain = channel === 'email' ? address.trim().toLowerCase() : address.replace(/[^\d+]/g, '');
  return createHmac('sha256', secret).update(`tenure/suppression/v1\n${channel}\n${plain}`).digest('base64url');
}
