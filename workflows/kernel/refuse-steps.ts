import type { Refusal } from '../contracts/commands.ts';
import type { State, StepState } from '../contracts/journey.ts';
import { DAY_MS } from '../contracts/time.ts';
import type { Instant } from '../contracts/time.ts';
import type { Book } from './book.ts';
import { limitOf } from './due.ts';
import { own } from './own.ts';
import { iso, no } from './refusal.ts';
import type { Nearest } from './refusal.ts';

const POSTPONE_MAX_MS = 366 * DAY_MS;
const MINUTE_MS = 60_000;

/** Why nothing can be commanded about a step. */
export function refuseStep(s: State, id: string): Refusal | undefined {
  const x = own(s.steps, id);
  if (!x) return no('unknown-step', 'The journey has no such step.');
  if (x.st === 'done') return no('step-done', `Step ${id} was decided on ${iso(x.at!)}: ${told(x)}.`);
  if (x.st === 'open')
    return no(
      'step-open',
      `Step ${id} has been open since ${iso(x.since!)} and ends by what the customer or staff do.`,
    );
  if (x.st !== 'sending') return undefined;
  return no(
    'step-sending',
    `Step ${id} is on its way; only a pause or an exit recalls it.`,
    s.pause ? null : { command: 'pause' },
  );
}

const told = (x: StepState) => (x.reason ? `${x.outcome} (${x.reason})` : x.outcome);

/** Why a step that has no date yet cannot be given one. */
export function refuseFollower(book: Book, s: State, id: string): Refusal | undefined {
  const { from } = book.steps.get(id)!.due;
  const x = s.steps[id]!;
  if (x.st !== 'idle' || x.due !== undefined || !from.startsWith('step:')) return undefined;
  return no('step-not-waiting', `Step ${id} follows ${from.slice(5)}, which is not decided yet.`, {
    command: 'skip',
    step: id,
  });
}

/** Why a step cannot start now. */
export function refuseRunNow(book: Book, s: State, id: string, now: Instant): Refusal | undefined {
  const step = book.steps.get(id)!;
  if (s.pause && step.class !== 'legal') {
    return no('journey-paused', `The journey has been paused since ${iso(s.pause.since)}.`, { command: 'resume' });
  }
  const limit = limitOf(book, s, step);
  return now >= limit
    ? no('past-stage-end', `Step ${id} belongs before ${iso(limit)}.`, { command: 'skip', step: id })
    : undefined;
}

/** Why a step cannot be put to that instant. */
export function refusePostpone(book: Book, s: State, id: string, to: Instant, now: Instant): Refusal | undefined {
  const limit = limitOf(book, s, book.steps.get(id)!);
  const latest = Math.min(now + POSTPONE_MAX_MS, Math.floor((limit - 1) / MINUTE_MS) * MINUTE_MS);
  const at = (t: Instant): Nearest => (t > now && t <= latest ? { command: 'postpone', step: id, to: iso(t) } : null);
  if (!(to > now))
    return no('date-in-past', `${iso(to)} is not after ${iso(now)}.`, at(now + 60 * MINUTE_MS) ?? at(latest));
  if (to >= limit)
    return no(
      'past-stage-end',
      `Step ${id} must come before ${iso(limit)}, the end of its stage or journey.`,
      at(latest),
    );
  return to > now + POSTPONE_MAX_MS
    ? no('date-too-far', `${iso(to)} is more than 366 days away.`, at(latest))
    : undefined;
}
