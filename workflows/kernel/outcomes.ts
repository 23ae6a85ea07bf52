import type { DeliverOutcome } from '../contracts/journey.ts';
import { DAY_MS } from '../contracts/time.ts';
import type { Instant } from '../contracts/time.ts';
import type { TimetableStep } from '../contracts/timetable.ts';
import type { Draft } from './book.ts';
import { finish } from './deciding.ts';
import { allItems, applyClosing, completeStep } from './facts.ts';
import { release } from './happenings.ts';
import { own } from './own.ts';
import { slot, spanOf } from './due.ts';
import { endPartlyTold, expiry, planStep, planSteps } from './plan-steps.ts';
import { hasMoved } from './rearming.ts';
import { tooLate } from './starting.ts';

const RECHECK_MIN_MS = 60_000;

/** Applies what became of a touch that was started. */
export function outcome(d: Draft, step: TimetableStep, o: DeliverOutcome, now: Instant): void {
  const x = d.s.steps[step.id]!;
  forgetWritten(d, x.rev, o);
  if (o.zone) {
    d.s.zone = o.zone;
    planSteps(d, now, 'zone');
  }
  if ('variant' in o && o.variant !== undefined) x.variant = o.variant;
  switch (o.is) {
    case 'sent':
      if (o.offer !== undefined) x.offer = o.offer;
      return sent(d, step, o.opens === true, now);
    case 'met':
    case 'missed':
      return finish(d, step, o.is, undefined, now);
    case 'skipped':
    case 'dropped':
    case 'failed':
      if (applyClosing(d, step, 'recalled', now)) return;
      return finish(d, step, o.is, o.reason, now);
    default:
      return unsent(d, step, o, now);
  }
}

/** An outcome proves that its activity wrote the state it was started with; a recall or a failure of the activity itself proves nothing. */
function forgetWritten(d: Draft, rev: number | undefined, o: DeliverOutcome): void {
  const proves = o.is !== 'recalled' && !(o.is === 'failed' && o.reason === 'internal-error');
  if (!d.s.past || rev === undefined || !proves) return;
  const past = d.s.past.filter((x) => x.rev > rev);
  if (past.length > 0) d.s.past = past;
  else delete d.s.past;
}

function sent(d: Draft, step: TimetableStep, opens: boolean, now: Instant): void {
  const x = d.s.steps[step.id]!;
  if (!opens || !step.open) {
    if (!applyClosing(d, step, 'sent', now)) finish(d, step, 'sent', undefined, now);
    return;
  }
  x.st = 'open';
  x.since = now;
  delete x.shift;
  if (step.notice) delete x.level;
  x.expires = expiry(d, step, x);
  if (applyClosing(d, step, 'sent', now)) return;
  if (d.s.ended) finish(d, step, 'expired', 'journey-ended', now);
  else if (allItems(step, x)) completeStep(d, step, now, now);
  else if (d.s.stages[step.stage]!.ended !== undefined) finish(d, step, step.open.otherwise, 'stage-ended', now);
}

function unsent(
  d: Draft,
  step: TimetableStep,
  o: Extract<DeliverOutcome, { is: 'held' | 'stale' | 'recalled' }>,
  now: Instant,
): void {
  const x = d.s.steps[step.id]!;
  if (applyClosing(d, step, 'recalled', now)) return;
  if (d.s.ended) return finish(d, step, 'dropped', 'journey-ended', now);
  if (d.s.stages[step.stage]!.ended !== undefined) return finish(d, step, 'dropped', afterEnd(d, step), now);
  x.st = 'waiting';
  if (o.is !== 'stale' && o.told) x.partly = true;
  if (endPartlyTold(d, step, now)) return;
  if (hasMoved(d.s, step)) return planStep(d, step, now, 'anchors');
  if (o.is === 'stale') {
    tooLate(d, step, now, 'stale');
    return;
  }
  if (o.is === 'held') {
    // Whoever approves may take their time: what waits for that is not late.
    if (o.hold !== 'approval') x.firstDue ??= x.due!;
    x.hold = o.hold;
    if (x.released === o.hold) return release(d, o.hold, now);
    x.due = Math.min(Math.max(o.recheck, now + RECHECK_MIN_MS), now + DAY_MS, lastCall(d, step, now));
    return;
  }
  planStep(d, step, now, 'anchors');
}

const afterEnd = (d: Draft, step: TimetableStep): string => {
  const until = d.book.stages.get(step.stage)?.until;
  return until !== undefined && own(d.s.flags, until) !== undefined ? 'stage-ended' : 'past-stage-end';
};

/** A held notice is tried once more before its span closes. */
function lastCall(d: Draft, step: TimetableStep, now: Instant): Instant {
  const closes = spanOf(d.book, d.s, step)?.closes;
  if (closes === undefined) return Infinity;
  const last = slot(d.book, d.s, step, closes);
  return last > now ? last : Infinity;
}

/** What became of a touch whose step a migration has removed meanwhile. */
export function outcomeOfRemoved(d: Draft, id: string, o: DeliverOutcome, now: Instant): void {
  const x = d.s.steps[id]!;
  forgetWritten(d, x.rev, o);
  const unsent = o.is === 'held' || o.is === 'stale' || o.is === 'recalled';
  Object.assign(x, { st: 'done', at: now, outcome: unsent ? 'dropped' : o.is });
  delete x.closing;
  if (unsent) x.reason = 'removed-by-migration';
  else if ('reason' in o) x.reason = o.reason;
  if (unsent) d.s.past = [...(d.s.past ?? []), { ...x, step: id, rev: d.s.rev + 1 }];
}
