import type { TimetableStep } from '../contracts/timetable.ts';
import type { Draft } from './book.ts';
import { own } from './own.ts';

/** Why a step does not happen, by flags, plan and what it follows. */
export function reasonAgainst(d: Draft, step: TimetableStep): string | undefined {
  const { s } = d;
  if (step.plans && !step.plans.includes(s.plan)) return 'not-in-plan';
  if (step.due.from.startsWith('step:') && step.after?.every((x) => x === 'sent')) {
    const parent = own(s.steps, step.due.from.slice(5));
    if (parent?.st === 'done' && parent.outcome !== 'sent') return 'not-needed';
  }
  if (step.whileOpen && own(s.steps, step.due.from.slice(5))?.st !== 'open') return 'already-done';
  const unmet = step.if?.find((x) => own(s.flags, x.flag) === undefined);
  return (unmet ?? step.unless?.find((x) => own(s.flags, x.flag) !== undefined))?.reason;
}
