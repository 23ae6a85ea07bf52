import type { StepOutcome, StepState } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { TimetableStep } from '../contracts/timetable.ts';
import type { Draft } from './book.ts';
import { anchorOf, limitOf, place, plannedAt } from './due.ts';

const FINAL = new Set(['past-stage-end', 'journey-ended', 'not-needed']);

/** Ends an occurrence with its outcome and reason; a repeating step goes on with the next one. */
export function finish(
  d: Draft,
  step: TimetableStep,
  outcome: StepOutcome,
  reason: string | undefined,
  at: Instant,
): void {
  const x = d.s.steps[step.id]!;
  x.st = 'done';
  x.outcome = outcome;
  x.at = at;
  if (reason === undefined) delete x.reason;
  else x.reason = reason;
  delete x.hold;
  delete x.gateUntil;
  delete x.closing;
  repeat(d, step, at);
}

/** Starts the next occurrence of a step that is done, when its playbook plans one before its `until`. */
export function repeat(d: Draft, step: TimetableStep, at: Instant): void {
  const { book, s } = d;
  const rule = step.repeat;
  const x = s.steps[step.id]!;
  if (!rule || s.ended || x.st !== 'done' || s.stages[step.stage]?.ended !== undefined) return;
  if (x.reason !== undefined && FINAL.has(x.reason)) return;
  if (rule.max !== undefined && x.n >= rule.max) return;
  const next = plannedAt(book, s, step, x.n + 1);
  if (typeof next !== 'number' || next <= (x.planned ?? -Infinity)) return;
  const until = rule.until === undefined ? undefined : anchorOf(s, step, rule.until);
  const shift = x.byCommand ? 0 : (x.shift ?? 0);
  if (typeof until === 'number' && next + shift >= until) return;
  if (place(book, s, step.due, next + shift) >= limitOf(book, s, step)) return;
  const fresh: StepState = { st: 'idle', n: x.n + 1, begun: at };
  if (shift) fresh.shift = shift;
  if (x.outcome !== 'sent') s.past = [...(s.past ?? []), { ...x, step: step.id, rev: s.rev + 1 }];
  s.steps[step.id] = fresh;
}

/** Puts a wait to an instant chosen by the kernel (re-plan, spacing, an opened gate); a moved anchor undoes it. */
export function putTo(x: StepState, target: Instant, at: Instant): void {
  x.st = 'waiting';
  x.set = target - (x.shift ?? 0);
  x.base = target;
  x.due = target;
  x.begun = at;
  delete x.byCommand;
  delete x.hold;
}

/** Ends the journey: what is undecided is dropped, what is open is withdrawn, what is in flight is recalled. */
export function endJourney(
  d: Draft,
  outcome: string,
  how: 'goal' | 'exit' | 'timetable' | 'max-age' | 'command',
  at: Instant,
): void {
  const { s } = d;
  if (s.ended) return;
  s.ended = { outcome, how, at };
  s.pause = null;
  for (const step of d.book.timetable.steps) {
    const x = s.steps[step.id]!;
    if (x.st === 'sending') d.effects.push({ t: 'recall', step: step.id });
    else if (x.st === 'open') finish(d, step, 'expired', 'journey-ended', at);
    else if (x.st !== 'done') finish(d, step, 'dropped', 'journey-ended', at);
  }
  for (const stage of d.book.timetable.stages) {
    const y = s.stages[stage.id]!;
    if (y.entered !== undefined && y.ended === undefined) y.ended = at;
  }
  d.effects.push({ t: 'status' });
}
