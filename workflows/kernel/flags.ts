import type { Instant } from '../contracts/time.ts';
import type { Draft } from './book.ts';
import { own } from './own.ts';
import { planSteps } from './plan-steps.ts';
import { anew, seriesState } from './rearming.ts';

/** Sets a flag; one that is set keeps its time unless `again`, which only a newer time changes. */
export function setFlag(d: Draft, flag: string, at: Instant, now: Instant, again = false): void {
  const set = own(d.s.flags, flag);
  if (set !== undefined && !(again && at > set)) return;
  d.s.flags = { ...d.s.flags, [flag]: at };
  replan(d, flag, now);
}

/** Unsets a flag; what counts from it waits for it again, and what is on its way by it is recalled. */
export function clearFlag(d: Draft, flag: string, now: Instant): void {
  if (own(d.s.flags, flag) === undefined) return;
  const flags = { ...d.s.flags };
  delete flags[flag];
  d.s.flags = flags;
  for (const step of d.book.timetable.steps) {
    if (step.due.from === `flag:${flag}` && d.s.steps[step.id]!.st === 'sending')
      d.effects.push({ t: 'recall', step: step.id });
  }
  replan(d, flag, now);
}

function replan(d: Draft, flag: string, now: Instant): void {
  if (!d.book.dated.has(flag)) return;
  for (const step of d.book.timetable.steps) {
    const x = d.s.steps[step.id]!;
    const waits = x.st === 'waiting' || x.st === 'gated' || x.st === 'idle';
    if (step.due.from !== `flag:${flag}` || !waits || x.byCommand !== undefined) continue;
    const kept = step.repeat && { ...seriesState(step, x), ...(x.carried ? { shift: x.carried } : {}) };
    d.s.steps[step.id] = { ...anew(x), ...kept };
  }
  planSteps(d, now, 'anchors');
}
