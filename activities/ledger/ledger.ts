/**
 * Owns the timing and the key of the ledger.
 * Invariants: provider timeout (12 s) < start-to-close of `deliver` (20 s) < lease (30 s), so a live lease means that an attempt may still be
 * at the provider, and an expired one that nobody is.
 */
import type { MessageClass } from '../../workflows/contracts/playbook.ts';

export const PROVIDER_TIMEOUT_MS = 12_000;
export const LEASE_MS = 30_000;
/** Attempts of a message whose policy is to send again when in doubt. */
export const MAX_DOUBTFUL_ATTEMPTS = 3;

/** What the ledger, the provider and the `Message-ID` know a message by; independent of the attempt. */
export function ledgerKey(k: {
  journeyId: string;
  step: string;
  n: number;
  contactId: string;
  channel: string;
}): string {
  return [k.journeyId, k.step, k.n, k.contactId, k.channel].join('/');
}

/** What is done about a message that may or may not have left: the step's word, else at least once for service mail only. */
export function doubtPolicy(step: {
  inDoubt?: 'at-most-once' | 'at-least-once' | undefined;
  class: MessageClass;
  kind: string;
}) {
  return step.inDoubt ?? (step.class === 'service' && step.kind !== 'offer' ? 'at-least-once' : 'at-most-once');
}
