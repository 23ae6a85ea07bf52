import type { Instant } from '../contracts/time.ts';
import type { Draft } from './book.ts';
import { endJourney, finish, putTo } from './deciding.ts';
import { slot } from './due.ts';
import { judgeMilestones } from './milestones.ts';
import { own } from './own.ts';
import { planSteps } from './plan-steps.ts';

function enterStages(d: Draft, at: Instant): boolean {
  let entered = false;
  d.book.timetable.stages.forEach((stage, i) => {
    const y = d.s.stages[stage.id]!;
    if (y.entered !== undefined) return;
    if (stage.enter.startsWith('flag:')) {
      const set = own(d.s.flags, stage.enter.slice(5));
      if (set === undefined) return;
      y.entered = Math.min(at, Math.max(set, d.s.startedAt));
      entered = true;
      return;
    }
    const before = d.book.timetable.stages[i - 1];
    if (before && stage.enter === 'previous' && d.s.stages[before.id]?.ended === undefined) return;
    y.entered = at;
    entered = true;
  });
  return entered;
}

function endDoneStages(d: Draft, at: Instant): boolean {
  let ended = false;
  for (const stage of d.book.timetable.stages) {
    const y = d.s.stages[stage.id]!;
    if (y.entered === undefined || y.ended !== undefined) continue;
    if (stage.until !== undefined && own(d.s.flags, stage.until) !== undefined) {
      endStage(d, stage.id, at, 'stage-ended');
      ended = true;
      continue;
    }
    if (d.book.stepsOf.get(stage.id)!.some((step) => step.rearm !== undefined)) continue;
    if (!d.book.stepsOf.get(stage.id)!.every((step) => d.s.steps[step.id]!.st === 'done')) continue;
    y.ended = at;
    ended = true;
  }
  return ended;
}

/** Ends a stage at its end: what waits is dropped, what is open gets its `otherwise`; what is in flight may finish. */
export function endStage(
  d: Draft,
  stageId: string,
  at: Instant,
  reason: 'past-stage-end' | 'stage-ended' = 'past-stage-end',
): void {
  d.s.stages[stageId]!.ended = at;
  for (const step of d.book.stepsOf.get(stageId)!) {
    const { st } = d.s.steps[step.id]!;
    if (st === 'open') finish(d, step, step.open?.otherwise ?? 'expired', 'stage-ended', at);
    else if (st !== 'done' && st !== 'sending') finish(d, step, 'dropped', reason, at);
  }
}

/** A reminder of what is open is needless once that is done. */
function closeReminders(d: Draft): void {
  for (const step of d.book.reminders) {
    const { st } = d.s.steps[step.id]!;
    const parent = own(d.s.steps, step.due.from.slice(5));
    if (parent?.st !== 'done' || parent.since === undefined) continue;
    if (st === 'waiting' || st === 'gated' || st === 'idle') finish(d, step, 'skipped', 'already-done', parent.at!);
  }
}

function openGates(d: Draft, at: Instant): void {
  for (const step of d.book.timetable.steps) {
    const x = d.s.steps[step.id]!;
    if (x.st !== 'gated' || !step.gate || own(d.s.flags, step.gate.flag) === undefined) continue;
    delete x.firstDue;
    putTo(x, slot(d.book, d.s, step, at), at);
  }
}

/** Brings stages, dates and gates up to what has just been decided, until nothing more follows. */
export function follow(d: Draft, at: Instant): void {
  for (let more = true; more && !d.s.ended;) {
    more = enterStages(d, at);
    closeReminders(d);
    planSteps(d, at);
    more = judgeMilestones(d, at) || more;
    more = endDoneStages(d, at) || more;
  }
  if (d.s.ended) return;
  openGates(d, at);
  const { end, stages } = d.book.timetable;
  if (!end && d.closed.length === 0 && stages.every((x) => d.s.stages[x.id]!.ended !== undefined))
    endJourney(d, 'completed', 'timetable', at);
}
