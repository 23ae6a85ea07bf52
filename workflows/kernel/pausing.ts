import type { Pause, StepState } from '../contracts/journey.ts';
import type { ClockRule, Instant } from '../contracts/time.ts';
import type { TimetableStep } from '../contracts/timetable.ts';
import { isTouch } from './book.ts';
import type { Draft } from './book.ts';
import { finish, putTo } from './deciding.ts';
import { freezesEnds, isPastLimit, limitOf, slot, standstill } from './due.ts';
import { expiry } from './plan-steps.ts';
import { tooLate } from './starting.ts';

/** Stops everything but legal notices; what is in flight is recalled. */
export function pause(d: Draft, by: Pause): void {
  d.s.pause = by;
  for (const step of d.book.timetable.steps) {
    if (d.s.steps[step.id]!.st === 'sending' && step.class !== 'legal') d.effects.push({ t: 'recall', step: step.id });
  }
  d.effects.push({ t: 'status' });
}

const clockUnder = (step: TimetableStep, p: Pause): ClockRule =>
  step.clock === 'absolute' ? 'absolute' : step.kind === 'milestone' ? step.clock : (p.clock ?? step.clock);

function thawEnds({ book, s }: Draft, at: Instant): void {
  const { end, stages } = book.timetable;
  if (end) s.shift = (s.shift ?? 0) + standstill(book, s, end.at, s.startedAt, at);
  for (const stage of stages) {
    const y = s.stages[stage.id]!;
    if (stage.end && y.ended === undefined) y.shift = (y.shift ?? 0) + standstill(book, s, stage.end, y.entered, at);
  }
}

/** Goes on as of `at`: each wait by its clock. */
export function resume(d: Draft, at: Instant): void {
  const p = d.s.pause!;
  if (freezesEnds(d.book, p)) thawEnds(d, at);
  d.s.pause = null;
  d.effects.push({ t: 'status' });
  const missed: TimetableStep[] = [];
  for (const step of d.book.timetable.steps) {
    const x = d.s.steps[step.id]!;
    if (x.st === 'open') thawOpen(d, step, x, p, at);
    else if (x.st === 'done' || step.class === 'legal' || x.due === undefined) continue;
    else if (clockUnder(step, p) === 'freeze') thaw(d, step, x, p, at);
    else if (clockUnder(step, p) === 'absolute' && x.st === 'waiting' && x.hold === undefined) {
      if (x.due >= p.since && x.due < at) missed.push(step);
    }
  }
  const due = (step: TimetableStep) => d.s.steps[step.id]!.due!;
  for (const step of missed.sort((a, b) => due(a) - due(b))) tooLate(d, step, at, 'missed-date');
}

function thawOpen(d: Draft, step: TimetableStep, x: StepState, p: Pause, at: Instant): void {
  const took = Math.max(0, at - Math.max(p.since, x.since!));
  if (step.repeat && clockUnder(step, p) === 'freeze') x.carried = (x.carried ?? 0) + took;
  if (step.open?.clock !== 'freeze') return;
  x.shift = (x.shift ?? 0) + took;
  x.expires = expiry(d, step, x);
}

function thaw(d: Draft, step: TimetableStep, x: StepState, p: Pause, at: Instant): void {
  const took = at - Math.max(p.since, x.begun ?? p.since);
  if (took <= 0) return;
  const wasDue = x.due!;
  x.shift = (x.shift ?? 0) + took;
  if (step.repeat) x.carried = (x.carried ?? 0) + took;
  x.base = x.base! + took;
  if (x.firstDue !== undefined) x.firstDue += took;
  if (x.gateUntil !== undefined) x.gateUntil += took;
  if (x.st === 'sending') x.due = wasDue + took;
  else if (x.hold === undefined) x.due = slot(d.book, d.s, step, x.base);
  if (x.st === 'waiting' && x.hold === undefined && wasDue > p.since && x.due! < at)
    putTo(x, slot(d.book, d.s, step, at), at);
  const waits = x.st === 'waiting' || x.st === 'gated' || x.st === 'idle';
  if (
    waits &&
    isTouch(step) &&
    x.due! > wasDue &&
    isPastLimit(d.book, d.s, step, x.due!, limitOf(d.book, d.s, step, at))
  ) {
    finish(d, step, 'dropped', 'past-stage-end', at);
  }
}
