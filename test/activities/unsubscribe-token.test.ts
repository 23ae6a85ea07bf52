import { describe, expect, it } from 'vitest';
import { readUnsubscribe, signUnsubscribe } from '../../activities/unsubscribe-token.ts';

const secret = 'a secret of the test suite';
const claim = { contact: 'con_7f3k', channel: 'email', class: 'marketing', message: 'msg_91' };

describe('an unsubscribe token', () => {
  it('gives back what was signed, and is the same at every retry', () => {
    const token = signUnsubscribe(claim, secret);
    expect(readUnsubscribe(token, secret)).toEqual(claim);
    expect(signUnsubscribe(claim, secret)).toBe(token);
    const { message: _, ...withoutMessage } = claim;
    expect(readUnsubscribe(signUnsubscribe(withoutMessage, secret), secret)).toEqual(withoutMessage);
  });

  it('is URL-safe and does not show the ids', () => {
    const token = signUnsubscribe(claim, secret);
    expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toMatch(/con_7f3k|email|marketing/);
  });

  it('is refused when any one character is altered', () => {
    const token = signUnsubscribe(claim, secret);
    for (let i = 0; i < token.length; i += 1) {
      const other = token[i] === 'A' ? 'B' : 'A';
      expect(readUnsubscribe(token.slice(0, i) + other + token.slice(i + 1), secret)).toBeUndefined();
    }
  });

  it.each(['', 'AQ', 'not base64!', 'A'.repeat(60), 'A'.repeat(5_000)])('refuses %j', (forged) => {
    expect(readUnsubscribe(forged, secret)).toBeUndefined();
  });

  it('is refused under another secret and accepted under a rotated list', () => {
    const token = signUnsubscribe(claim, secret);
    expect(readUnsubscribe(token, 'another secret, as long')).toBeUndefined();
    expect(readUnsubscribe(token, ['another secret, as long', secret])).toEqual(claim);
  });
});
