import type { FactKind, StepState } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { TimetableStep } from '../contracts/timetable.ts';
import type { RuleChange } from '../rules/rules.ts';
import { extendAnchor } from './anchors.ts';
import type { Draft } from './book.ts';
import { endJourney, finish } from './deciding.ts';
import { judgeMilestones, reach } from './milestones.ts';
import { setFlag } from './flags.ts';
import { own } from './own.ts';

/** What a customer or staff did about a step: it closes the step, or an item of it; too late or unknown, it is ignored. */
export function applyFact(
  d: Draft,
  fact: { step: string; what: FactKind; at: Instant; item?: string },
  now: Instant,
): void {
  const step = d.book.steps.get(fact.step);
  const x = step && own(d.s.steps, step.id);
  if (!x || !step.open) return;
  const at = Math.min(fact.at, now);
  if (fact.item !== undefined) return completeItem(d, step, fact.item, at, now);
  const { what } = fact;
  if (what === 'booked') {
    if (x.st !== 'done') x.booked = at;
  } else if (x.st === 'sending') x.closing ??= { what, at };
  else if (x.st !== 'done') close(d, step, what, at, now);
  else if (closedByTime(x) && at <= x.at!) overrule(d, step, what, at, now);
}

/** What closes a step. */
type Closing = Exclude<FactKind, 'booked'>;

const closedByTime = (x: StepState): boolean =>
  x.since !== undefined &&
  x.reason !== undefined &&
  ['not-answered', 'stage-ended', 'journey-ended'].includes(x.reason);

function close(d: Draft, step: TimetableStep, what: Closing, at: Instant, now: Instant): void {
  const { offer } = d.s.steps[step.id]!;
  if (d.s.ended) return finish(d, step, what, 'told-after-end', at);
  finish(d, step, what, undefined, at);
  const changes = d.book.rules.onFact?.(d.book.timetable, d.s, {
    step: step.id,
    what,
    ...(offer === undefined ? {} : { offer }),
  });
  for (const change of changes ?? []) carryOut(d, change, now);
}

function carryOut(d: Draft, change: RuleChange, now: Instant): void {
  if (d.s.ended) return;
  if (change.t === 'end') {
    judgeMilestones(d, now);
    endJourney(d, change.outcome, change.how, now);
  } else if (change.t === 'set-flag') setFlag(d, change.flag, now, now);
  else extendAnchor(d, change.anchor, change.by, now);
}

/**
 * A fact from before the step was closed by time, told after it: it wins, and what followed the expiry is planned anew. An
 * ended journey stays ended: the fact is noted as told too late, and changes nothing else.
 */
function overrule(d: Draft, step: TimetableStep, what: Closing, at: Instant, now: Instant): void {
  close(d, step, what, at, now);
  if (d.s.ended) return;
  for (const other of d.book.timetable.steps) {
    const y = d.s.steps[other.id]!;
    if (other.due.from !== `step:${step.id}` || d.s.stages[other.stage]?.ended !== undefined) continue;
    const waits = y.st === 'waiting' || y.st === 'gated' || y.st === 'idle';
    if (waits || (y.st === 'done' && y.reason === 'not-needed')) d.s.steps[other.id] = { st: 'idle', n: y.n };
  }
}

function completeItem(d: Draft, step: TimetableStep, item: string, at: Instant, now: Instant): void {
  const x = d.s.steps[step.id]!;
  if (x.st === 'done' || !step.open?.items?.includes(item)) return;
  if (own(x.items ?? {}, item) === undefined) x.items = { ...x.items, [item]: at };
  const flag = own(step.open.sets ?? {}, item);
  if (flag !== undefined) setFlag(d, flag, at, now);
  if (allItems(step, d.s.steps[step.id]!)) completeStep(d, step, at, now);
}

/** Whether every item of a checklist is done. */
export const allItems = (step: TimetableStep, x: StepState): boolean =>
  Boolean(step.open?.items?.length) && step.open!.items!.every((item) => own(x.items ?? {}, item) !== undefined);

/** What makes a step needless completes it when it is open, and keeps it from starting when it is not. */
export function completeStep(d: Draft, step: TimetableStep, at: Instant, now: Instant): void {
  const x = d.s.steps[step.id]!;
  if (step.kind === 'milestone') reach(d, step, at, now);
  else if (x.st === 'open') close(d, step, 'completed', at, now);
  else if (x.st === 'sending') {
    x.closing ??= { what: 'completed', at };
    d.effects.push({ t: 'recall', step: step.id });
  } else if (x.st !== 'done') finish(d, step, 'skipped', 'already-done', at);
}

/** Completes a step, or one item of a checklist named `<step>/<item>`. */
export function completeNamed(d: Draft, name: string, at: Instant, now: Instant): void {
  const [id, item] = name.split('/');
  const step = d.book.steps.get(id!);
  if (!step) return;
  if (item === undefined) completeStep(d, step, at, now);
  else completeItem(d, step, item, at, now);
}

/** Applies a fact that had come before its touch's outcome; true when it closed the step. */
export function applyClosing(d: Draft, step: TimetableStep, outcome: 'sent' | 'recalled', now: Instant): boolean {
  const x = d.s.steps[step.id]!;
  if (!x.closing) return false;
  const { what, at } = x.closing;
  delete x.closing;
  if (outcome === 'recalled' && what === 'completed') finish(d, step, 'skipped', 'already-done', at);
  else close(d, step, what, at, now);
  return true;
}
