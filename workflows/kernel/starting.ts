import type { StepState } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { TimetableStep } from '../contracts/timetable.ts';
import { reasonAgainst } from './against.ts';
import { isTouch } from './book.ts';
import type { Draft } from './book.ts';
import { inWindow } from './calendar.ts';
import { finish, putTo } from './deciding.ts';
import { isNoticeAt, isPastLimit, limitOf, slot, spanOf } from './due.ts';
import { miss } from './milestones.ts';
import { own } from './own.ts';

/** Tells somebody, once, that a legal notice has not left. */
export function raiseAlarm(d: Draft, step: TimetableStep): void {
  const x = d.s.steps[step.id]!;
  if ((x.level ?? 0) > 0) return;
  x.level = 1;
  d.effects.push({ t: 'escalate', step: step.id, n: x.n, level: 1 });
}

/** The next slot that a late step may take: from now on, in its window, after the gap to the last touch. */
function nextSlot(d: Draft, step: TimetableStep, now: Instant): Instant {
  const { s, book } = d;
  const spaced = isTouch(step) && s.lastTouch !== null ? Math.max(now, s.lastTouch + book.timetable.minGap) : now;
  const earlier = isTouch(step) ? lastReplanned(d, step, now) : undefined;
  return slot(book, s, step, earlier === undefined ? spaced : Math.max(spaced, earlier + book.timetable.minGap));
}

function lastReplanned(d: Draft, step: TimetableStep, now: Instant): Instant | undefined {
  const planned = d.s.steps[step.id]!.planned ?? now;
  let last: Instant | undefined;
  for (const other of d.book.timetable.steps) {
    const y = d.s.steps[other.id]!;
    if (other === step || !isTouch(other) || y.st !== 'waiting' || y.set === undefined || y.byCommand) continue;
    if ((y.planned ?? Infinity) <= planned && y.due! >= now) last = Math.max(last ?? y.due!, y.due!);
  }
  return last;
}

/** What becomes of a step that is too late: skipped, or put to its next slot; true when that slot is now. */
export function tooLate(d: Draft, step: TimetableStep, now: Instant, reason: 'stale' | 'missed-date'): boolean {
  const x = d.s.steps[step.id]!;
  if (step.late.otherwise === 'skip' || step.notice) {
    const past = reason === 'stale' && x.planned !== undefined && x.planned < d.s.startedAt;
    if (step.notice && !past) raiseAlarm(d, step);
    finish(d, step, 'skipped', past ? 'already-past' : reason, now);
    return false;
  }
  const at = nextSlot(d, step, now);
  delete x.firstDue;
  putTo(x, at, now);
  if (isPastLimit(d.book, d.s, step, at, limitOf(d.book, d.s, step, now)))
    finish(d, step, 'dropped', 'past-stage-end', now);
  return x.st === 'waiting' && at <= now;
}

/** Keeps a step that pauses, holds or an outage moved apart from the last touch; true when it was put later. */
function spaced(d: Draft, step: TimetableStep, x: StepState, now: Instant): boolean {
  const { s, book } = d;
  const moved = x.firstDue !== undefined || Boolean(x.shift) || now - x.due! > 60_000;
  if (!moved || x.byCommand || !isTouch(step) || s.lastTouch === null) return false;
  const asPlanned =
    s.lastPlanned === undefined || x.planned === undefined ? Infinity : Math.abs(x.planned - s.lastPlanned);
  const earliest = s.lastTouch + Math.min(book.timetable.minGap, asPlanned);
  return now < earliest && later(d, step, x, slot(book, s, step, earliest), now);
}

function later(d: Draft, step: TimetableStep, x: StepState, target: Instant, now: Instant): boolean {
  if (target <= now) return false;
  const first = x.firstDue ?? x.due!;
  putTo(x, target, now);
  x.firstDue = first;
  if (isPastLimit(d.book, d.s, step, target, limitOf(d.book, d.s, step, now)))
    finish(d, step, 'dropped', 'past-stage-end', now);
  return true;
}

/** Does what a step's due asks: judges it, keeps it waiting for its gate, window or gap, or starts it. */
export function startStep(d: Draft, step: TimetableStep, now: Instant): void {
  const { s, book } = d;
  const x = s.steps[step.id]!;
  if (step.kind === 'milestone') return miss(d, step, x.due!);
  const limit = limitOf(book, s, step, now);
  if (now >= limit && !isNoticeAt(book, s, step, x.due!)) return finish(d, step, 'dropped', 'past-stage-end', now);
  const against = reasonAgainst(d, step);
  if (against !== undefined) return finish(d, step, 'skipped', against, now);
  if (step.gate && own(s.flags, step.gate.flag) === undefined && x.byCommand !== 'run-now') {
    if (x.gateUntil !== undefined && now >= x.gateUntil) return finish(d, step, 'skipped', step.gate.reason, now);
    x.st = 'gated';
    return;
  }
  const span = spanOf(book, s, step);
  const staleAfter = span ? span.closes : (x.firstDue ?? x.due!) + step.late.within;
  if (now > staleAfter && !tooLate(d, step, now, 'stale')) return;
  const { window } = step.due;
  const atOnce = span !== undefined && x.planned !== undefined && x.planned < s.startedAt;
  if (window && !atOnce && now > x.due! && inWindow(s.zone, window, x.due!) && !inWindow(s.zone, window, now)) {
    if (later(d, step, x, slot(book, s, step, now), now)) return;
  }
  if (spaced(d, step, x, now)) return;
  x.st = 'sending';
  delete x.released;
  x.rev = s.rev + 1;
  delete x.hold;
  if (isTouch(step)) {
    s.lastTouch = now;
    if (x.planned !== undefined) s.lastPlanned = x.planned;
  }
  d.effects.push({
    t: 'touch',
    step: step.id,
    n: x.n,
    due: x.due!,
    staleAfter: span ? span.closes : (x.firstDue ?? x.due!) + step.late.within,
  });
}
