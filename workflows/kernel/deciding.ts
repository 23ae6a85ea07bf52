import type { StepOutcome, StepState } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { TimetableStep } from '../contracts/timetable.ts';
import type { Draft } from './book.ts';
import { anchorOf, limitOf, plannedAt, slot } from './due.ts';
import { rearm, seriesState } from './rearming.ts';

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
  const wasOpen = x.st === 'open';
  // A date that moved while the touch was on its way is measured from its start.
  const since = x.st === 'sending' && x.due !== undefined ? Math.min(at, x.due) : at;
  x.st = 'done';
  x.outcome = outcome;
  x.at = at;
  if (reason === undefined) delete x.reason;
  else x.reason = reason;
  delete x.hold;
  delete x.gateUntil;
  delete x.closing;
  delete x.partly;
  heed(d, step, at);
  if (wasOpen) recallReminders(d, step);
  repeat(d, step, at);
  rearm(d, step, at, since);
}

/** Notes how a step ended when something reacts to that. */
export function heed(d: Draft, step: TimetableStep, at: Instant): void {
  if (!d.book.heeded.has(step.id)) return;
  const { outcome, reason, offer } = d.s.steps[step.id]!;
  const fields = {
    outcome: outcome!,
    ...(reason === undefined ? {} : { reason }),
    ...(offer === undefined ? {} : { offer }),
  };
  d.closed.push({ step: step.id, at, fields });
}

function recallReminders(d: Draft, step: TimetableStep): void {
  for (const other of d.book.reminders) {
    if (other.due.from !== `step:${step.id}` || d.s.steps[other.id]!.st !== 'sending') continue;
    d.effects.push({ t: 'recall', step: other.id });
  }
}

/** Starts the next occurrence of a step that is done, when its playbook plans one before its `until`. */
export function repeat(d: Draft, step: TimetableStep, at: Instant): void {
  const { book, s } = d;
  const rule = step.repeat;
  const x = s.steps[step.id]!;
  if (!rule || s.ended || x.st !== 'done' || s.stages[step.stage]?.ended !== undefined) return;
  if (x.reason !== undefined && FINAL.has(x.reason)) return;
  if (rule.max !== undefined && x.n - (x.series ?? 1) + 1 >= rule.max) return;
  const next = plannedAt(book, s, step, x.n + 1);
  if (typeof next !== 'number' || next <= (x.planned ?? -Infinity)) return;
  const until = rule.until === undefined ? undefined : anchorOf(s, step, rule.until);
  const shift = x.carried ?? (x.byCommand ? 0 : (x.shift ?? 0));
  if (typeof until === 'number' && next + shift >= until) return;
  if (slot(book, s, step, next + shift) >= limitOf(book, s, step, at)) return;
  // The wait for the next began as this one opened.
  const fresh: StepState = { st: 'idle', n: x.n + 1, begun: x.since ?? at, ...seriesState(step, x) };
  if (shift) fresh.shift = shift;
  if (step.kind === 'milestone') fresh.told = x.at;
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
