import type { Tx } from '../../db/database.ts';
import { recordDecision } from '../../db/queries/decisions/record-decision.ts';
import { leaveWaiters, waitOn } from '../../db/queries/waiters/wait-on.ts';
import type { MessageRow } from '../../db/schema/index.ts';
import type { DeliverInput, DeliverOutcome } from '../../workflows/contracts/journey.ts';
import { rankOf } from '../arbiter/policy.ts';
import type { StepContext } from './context.ts';

export type Said = {
  template?: string | null;
  variant?: string | null;
  offer?: string | null;
  details?: Record<string, unknown>;
};

/** Writes why a step did or did not happen, and enters or leaves it among those that wait. */
export async function say(
  tx: Tx,
  c: StepContext,
  input: DeliverInput,
  now: number,
  word: { outcome: string; reason: string } & Said,
): Promise<void> {
  await recordDecision(tx, {
    journeyId: input.journeyId,
    step: input.step,
    n: input.n,
    accountId: c.journey.accountId,
    kind: c.step.kind,
    channel: c.step.channel ?? null,
    at: new Date(now),
    due: new Date(input.due),
    ...word,
    reason: word.reason,
    details: word.details ?? {},
  });
  // The run knows whether the step ever waited; a row that it does not know of wakes nobody.
  const waited = input.state.steps[input.step]?.firstDue !== undefined;
  if (word.outcome !== 'held' && waited) await leaveWaiters(tx, input);
}

/** A touch that waits: decided for now, entered among the waiters of what holds it. */
export async function sayHeld(
  tx: Tx,
  c: StepContext,
  input: DeliverInput,
  now: number,
  held: Extract<DeliverOutcome, { is: 'held' }>,
  details: Record<string, unknown>,
): Promise<DeliverOutcome> {
  const recheck = new Date(held.recheck);
  await say(tx, c, input, now, {
    outcome: 'held',
    reason: held.reason,
    details: { ...details, recheck: recheck.toISOString() },
  });
  const waiter = {
    journeyId: input.journeyId,
    step: input.step,
    rank: rankOf(c.step.class),
    since: new Date(now),
    recheck,
  };
  if (held.hold === 'quiet-hours') await leaveWaiters(tx, input);
  else await waitOn(tx, { hold: held.hold, ...waiter });
  return held;
}

/** Whether the step awaits an answer now: a message does so only when it carried an offer. */
export const staysOpen = (c: StepContext, offer: string | null): boolean =>
  Boolean(c.step.open) && (c.step.kind !== 'message' || offer !== null);

/** What a message that left (or is taken to have left) means to the run. */
export function sentOutcome(c: StepContext, row: Pick<MessageRow, 'variant' | 'offer'>): DeliverOutcome {
  return {
    is: 'sent',
    ...(row.variant ? { variant: row.variant } : {}),
    ...(row.offer ? { offer: row.offer } : {}),
    ...(staysOpen(c, row.offer) ? { opens: true } : {}),
  };
}

/** Why something went out: in its time, or late and within what its playbook allows. */
export const sentReason = (input: DeliverInput, now: number): string =>
  now - input.due > 5 * 60_000 ? 'late-within-limit' : 'as-planned';
