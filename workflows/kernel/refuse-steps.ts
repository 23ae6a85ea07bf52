import type { Refusal } from '../contracts/commands.ts';
import type { State, StepState } from '../contracts/journey.ts';
import { DAY_MS } from '../contracts/time.ts';
import type { Instant } from '../contracts/time.ts';
import type { Book } from './book.ts';
import { limitOf, spanOf } from './due.ts';
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

/** Why a step does not wait for approval. */
export function refuseUnapproved(
  book: Book,
  s: State,
  id: string,
  name: 'approve' | 'edit' | 'reject',
): Refusal | undefined {
  const awaits = (x: StepState | undefined) => x?.st === 'waiting' && x.hold === 'approval';
  const x = own(s.steps, id);
  if (!x) return no('unknown-step', 'The journey has no such step.');
  if (awaits(x)) return undefined;
  const other = book.timetable.steps.find((step) => awaits(s.steps[step.id]));
  const nearest: Nearest = other
    ? { command: name, step: other.id }
    : name === 'reject' && !refuseStep(s, id)
      ? { command: 'skip', step: id }
      : null;
  return no('not-awaiting-approval', `Step ${id} does not wait for approval: it is ${told(x) ?? x.st}.`, nearest);
}

/** Why a step cannot start now. */
export function refuseRunNow(book: Book, s: State, id: string, now: Instant): Refusal | undefined {
  const step = book.steps.get(id)!;
  if (step.kind === 'milestone')
    return no('step-not-waiting', `Step ${id} is reached by what happens; nobody runs it.`, {
      command: 'skip',
      step: id,
    });
  const span = spanOf(book, s, step);
  if (span && now < span.opens) {
    const nearest: Nearest = refusePostpone(book, s, id, span.opens, now)
      ? null
      : { command: 'postpone', step: id, to: iso(span.opens) };
    return no('past-stage-end', mustLeave(id, span.opens, span.closes), nearest);
  }
  if (s.pause && step.class !== 'legal') {
    return no('journey-paused', `The journey has been paused since ${iso(s.pause.since)}.`, { command: 'resume' });
  }
  const limit = limitOf(book, s, step, now);
  return now >= limit
    ? no('past-stage-end', `Step ${id} belongs before ${iso(limit)}.`, { command: 'skip', step: id })
    : undefined;
}

/** Why a step cannot be put to that instant. */
export function refusePostpone(book: Book, s: State, id: string, to: Instant, now: Instant): Refusal | undefined {
  const step = book.steps.get(id)!;
  const limit = limitOf(book, s, step, now);
  const { opens, closes } = spanOf(book, s, step) ?? { opens: -Infinity, closes: Infinity };
  const latest = Math.min(now + POSTPONE_MAX_MS, Math.floor(Math.min(limit - 1, closes) / MINUTE_MS) * MINUTE_MS);
  const at = (t: Instant): Nearest =>
    t > now && t >= opens && t <= latest ? { command: 'postpone', step: id, to: iso(t) } : null;
  const nearest = at(Math.max(now + 60 * MINUTE_MS, opens)) ?? at(latest);
  if (!(to > now)) return no('date-in-past', `${iso(to)} is not after ${iso(now)}.`, nearest);
  if (to >= limit)
    return no(
      'past-stage-end',
      `Step ${id} must come before ${iso(limit)}, the end of its stage or journey.`,
      at(latest),
    );
  if (to < opens || to > closes)
    return no('past-stage-end', mustLeave(id, opens, closes), at(to < opens ? opens : latest));
  return to > now + POSTPONE_MAX_MS
    ? no('date-too-far', `${iso(to)} is more than 366 days away.`, at(latest))
    : undefined;
}

const mustLeave = (id: string, opens: Instant, closes: Instant) =>
  `Step ${id} must leave between ${iso(opens)} and ${iso(closes)}.`;
