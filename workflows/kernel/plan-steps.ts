import type { StepState } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { TimetableStep } from '../contracts/timetable.ts';
import type { Draft } from './book.ts';
import { finish, repeat } from './deciding.ts';
import { anchorOf, baseFrom, place, plannedAt, seriesOf, slot } from './due.ts';
import { countsFrom, hasMoved, notYet, rearm } from './rearming.ts';

/** Why dates are computed: something new may be plannable, the zone changed, or an anchor moved. */
export type Cause = 'new' | 'zone' | 'anchors';

/** Computes the dates of every step that still waits; what is planned already is touched only by a zone or an anchor. */
export function planSteps(d: Draft, at: Instant, cause: Cause = 'new'): void {
  for (const step of d.book.recurring) if (!endPartlyTold(d, step, at)) rearm(d, step, at);
  for (const step of d.book.timetable.steps) {
    if (cause === 'anchors') repeat(d, step, at);
    const x = d.s.steps[step.id]!;
    if (x.st === 'open' && cause !== 'new') x.expires = expiry(d, step, x);
    if (x.st === 'idle' || x.st === 'waiting' || x.st === 'gated') planStep(d, step, at, cause);
  }
}

/** What only some were told of one date nobody was told of another: that occurrence ends, and all hear of the new date. True when it did. */
export function endPartlyTold(d: Draft, step: TimetableStep, at: Instant): boolean {
  const x = d.s.steps[step.id]!;
  const again = step.rearm !== undefined || step.notice !== undefined;
  if (!x.partly || !again || x.st !== 'waiting' || !hasMoved(d.s, step)) return false;
  finish(d, step, 'skipped', 'date-moved', at);
  return true;
}

/** Computes the dates of one waiting step. */
export function planStep(d: Draft, step: TimetableStep, at: Instant, cause: Cause): void {
  const x = d.s.steps[step.id]!;
  const keep = x.planned !== undefined && (cause === 'new' || (cause === 'zone' && step.clock === 'absolute'));
  if (!keep && x.byCommand === undefined && !plan(d, step, x, at)) return;
  const entered = d.s.stages[step.stage]?.entered !== undefined;
  if (x.st === 'idle' && x.due !== undefined && (entered || x.byCommand)) x.st = 'waiting';
}

function plan(d: Draft, step: TimetableStep, x: StepState, at: Instant): boolean {
  const planned = plannedAt(d.book, d.s, step, x.n);
  if (planned === 'not-needed') {
    finish(d, step, 'skipped', 'not-needed', at);
    return false;
  }
  if (planned === undefined || notYet(d, step, x, planned)) {
    x.st = 'idle';
    delete x.planned;
    delete x.base;
    delete x.due;
    return false;
  }
  if (x.planned === undefined) x.begun ??= at;
  else if (planned !== x.planned) {
    delete x.hold;
    delete x.firstDue;
    delete x.set;
    if (step.notice) delete x.level;
  }
  x.planned = planned;
  if (step.repeat) keepClock(d, step, x);
  const from = countsFrom(d.s, step);
  if (from !== undefined) x.from = from;
  x.base = (x.set ?? planned) + (x.shift ?? 0);
  if (x.hold === undefined) x.due = slot(d.book, d.s, step, x.base);
  planGate(d, step, x);
  if (x.st === 'gated' && x.due! > at) x.st = 'waiting';
  return true;
}

/** Notes what a repetition counts from now: its own clock, which holds, or its flag anew. */
function keepClock(d: Draft, step: TimetableStep, x: StepState): void {
  const { anchor, first, holds } = seriesOf(d.book, d.s, step, x.n);
  if (holds) x.clock = anchor as Instant;
  if (first === (x.series ?? 1)) return;
  x.series = first;
  delete x.clock;
  delete x.shift;
  delete x.carried;
}

function planGate(d: Draft, step: TimetableStep, x: StepState): void {
  if (!step.gate) return;
  const anchor = anchorOf(d.s, step, step.gate.until.from);
  if (typeof anchor !== 'number') return;
  const until = baseFrom(d.book, d.s, step.gate.until, anchor) + (x.shift ?? 0);
  x.gateUntil = place(d.book, d.s, step.gate.until, until);
}

/** When an open step expires; undefined: only with its stage or journey. */
export function expiry(d: Draft, step: TimetableStep, x: StepState): Instant | undefined {
  const due = step.open?.expires;
  if (!due) return undefined;
  const anchor = anchorOf(d.s, step, due.from);
  if (typeof anchor !== 'number') return undefined;
  return place(d.book, d.s, due, baseFrom(d.book, d.s, due, anchor) + (x.shift ?? 0));
}
