import type { Tx } from '../../db/database.ts';
import { recordDecision } from '../../db/queries/decisions/record-decision.ts';
import { noteRecheck } from '../../db/queries/journeys/note-recheck.ts';
import { noteRecipient } from '../../db/queries/recipients/recipients.ts';
import { closeNoticeTasks } from '../../db/queries/tasks/change-tasks.ts';
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

/** What a message waits on while somebody has to approve its words. */
export const APPROVAL = 'approval';

type Word = { outcome: string; reason: string } & Said;

/** Writes why a step did or did not happen, and enters or leaves it among those that wait. */
export async function say(tx: Tx, c: StepContext, input: DeliverInput, now: number, word: Word): Promise<void> {
  if (c.turn !== undefined) return sayOfOne(tx, c.turn, input, now, word);
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
  const left = word.outcome === 'sent' && word.reason !== 'in-doubt';
  if (left && c.step.class === 'legal') await closeNoticeTasks(tx, { ...input, now: new Date(now) });
}

/** What became of one of several; the step's own word follows when all of them are decided. */
function sayOfOne(tx: Tx, contactId: string, input: DeliverInput, now: number, word: Word): Promise<void> {
  const { journeyId, step, n } = input;
  const { outcome, reason, template = null, variant = null, offer = null } = word;
  const decided = {
    outcome,
    reason,
    template,
    variant,
    offer,
    at: new Date(now),
    hold: null,
    recheck: null,
    details: null,
  };
  return noteRecipient(tx, { journeyId, step, n, contactId }, decided);
}

/** What a legal notice waits on while nobody can be reached. */
export const UNREACHABLE = 'unreachable';

/** Whether nothing that is released ends such a wait: the clock alone ends quiet hours, and a command the wait for an approval. */
export const isByClock = (hold: string): boolean => ['quiet-hours', UNREACHABLE, APPROVAL].includes(hold);

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
  if (c.turn !== undefined) {
    const { hold, reason } = held;
    const { journeyId, step, n } = input;
    const one = { journeyId, step, n, contactId: c.turn };
    await noteRecipient(tx, one, { outcome: 'held', reason, hold, recheck, details, at: new Date(now) });
    return held;
  }
  await say(tx, c, input, now, {
    outcome: 'held',
    reason: held.reason,
    details: { ...details, recheck: recheck.toISOString() },
  });
  await noteRecheck(tx, { ...input, recheck });
  const waiter = {
    journeyId: input.journeyId,
    step: input.step,
    rank: rankOf(c.step.class),
    since: new Date(now),
    recheck,
  };
  if (isByClock(held.hold)) await leaveWaiters(tx, input);
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

/** Why something went out: because staff had it run, because its time to be approved was over, in its time, or late and within what its playbook allows. */
export function sentReason(input: DeliverInput, now: number, row?: Pick<MessageRow, 'approvedBy'>): string {
  if (row?.approvedBy === BY_TIME) return 'auto-sent';
  if (input.state.steps[input.step]?.byCommand === 'run-now') return 'run-now';
  return now - input.due > 5 * 60_000 ? 'late-within-limit' : 'as-planned';
}

/** Stands for whoever approved it, where nobody did and its playbook lets it go. */
export const BY_TIME = 'auto';
