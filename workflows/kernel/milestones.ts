import type { State, StepState } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { TimetableStep } from '../contracts/timetable.ts';
import type { Draft } from './book.ts';
import { finish, heed } from './deciding.ts';
import { own } from './own.ts';
import { anew } from './rearming.ts';
import { reopenStage } from './reopening.ts';
import { reasonAgainst } from './against.ts';

/** When the last flag of a milestone was set, for this occurrence; undefined while one is missing. */
function reachedAt(s: State, step: TimetableStep, x: StepState): Instant | undefined {
  let newest = -Infinity;
  for (const flag of step.needs ?? []) {
    const set = own(s.flags, flag);
    if (set === undefined) return undefined;
    newest = Math.max(newest, set);
  }
  return newest > (x.told ?? -Infinity) && newest > -Infinity ? newest : undefined;
}

/** A milestone's date; none while a pause has stopped its clock. */
const deadline = (s: State, step: TimetableStep, x: StepState): Instant =>
  s.pause && step.clock === 'freeze' ? Infinity : (x.due ?? Infinity);

/** Decides every milestone whose flags are set: met early or in time, or late when its date had passed; true when one was. */
export function judgeMilestones(d: Draft, now: Instant): boolean {
  let judged = false;
  for (const step of d.book.milestones) {
    const x = d.s.steps[step.id]!;
    const reached = reachedAt(d.s, step, x);
    if (reached !== undefined) judged = reach(d, step, reached, now) || judged;
  }
  return judged;
}

/** Decides a milestone that was reached then; true when that decided anything. */
export function reach(d: Draft, step: TimetableStep, reached: Instant, now: Instant): boolean {
  const x = d.s.steps[step.id]!;
  if (x.st === 'done') {
    if (x.outcome !== 'missed') return false;
    comeLate(d, step, x, reached, now);
    return true;
  }
  const { entered, ended } = d.s.stages[step.stage]!;
  if (entered === undefined || ended !== undefined || reasonAgainst(d, step) !== undefined) return false;
  if (reached > deadline(d.s, step, x)) miss(d, step, x.due!);
  else finish(d, step, 'met', reached < (x.due ?? Infinity) ? 'early' : 'on-time', Math.max(reached, entered));
  return true;
}

/** A milestone's date came first. */
export function miss(d: Draft, step: TimetableStep, at: Instant): void {
  const against = reasonAgainst(d, step);
  if (against === undefined) finish(d, step, 'missed', undefined, at);
  else finish(d, step, 'skipped', against, at);
}

/** A missed milestone is reached after all; one that was reached in time and told of too late was met. */
function comeLate(d: Draft, step: TimetableStep, x: StepState, reached: Instant, now: Instant): void {
  const date = x.at!;
  x.outcome = reached > date ? 'late' : 'met';
  if (reached > date) delete x.reason;
  else x.reason = reached < date ? 'early' : 'on-time';
  x.at = reached;
  heed(d, step, reached);
  revive(d, step, now);
}

/** What follows a milestone by its new outcome comes to life, once; what followed only its being missed is needless now. */
function revive(d: Draft, step: TimetableStep, now: Instant): void {
  const { outcome } = d.s.steps[step.id]!;
  for (const other of d.book.timetable.steps) {
    if (other.due.from !== `step:${step.id}`) continue;
    const y = d.s.steps[other.id]!;
    const wanted = !other.after || other.after.includes(outcome!);
    const waits = (y.st === 'waiting' || y.st === 'gated' || y.st === 'idle') && !y.byCommand;
    if (waits && !wanted) d.s.steps[other.id] = anew(y);
    if (!wanted) settled(d, other, y, now);
    if (y.st !== 'done' || y.reason !== 'not-needed' || !wanted || !reopenStage(d, other.stage, now)) continue;
    d.s.steps[other.id] = anew(y);
    wake(d, other, now, new Set([step.id]));
  }
}

/** What somebody was to do about the delay is done with it: the reaching of the milestone completes it. */
function settled(d: Draft, other: TimetableStep, y: StepState, now: Instant): void {
  if (y.st === 'open') finish(d, other, 'completed', undefined, now);
  if (y.st !== 'sending' || !other.open) return;
  y.closing ??= { what: 'completed', at: now };
  d.effects.push({ t: 'recall', step: other.id });
}

/** What was needless because the step before it was. */
function wake(d: Draft, step: TimetableStep, now: Instant, seen: Set<string>): void {
  if (seen.has(step.id)) return;
  seen.add(step.id);
  for (const other of d.book.timetable.steps) {
    const y = d.s.steps[other.id]!;
    if (other.due.from !== `step:${step.id}` || y.st !== 'done' || y.reason !== 'not-needed') continue;
    if (!reopenStage(d, other.stage, now)) continue;
    d.s.steps[other.id] = anew(y);
    wake(d, other, now, seen);
  }
}
