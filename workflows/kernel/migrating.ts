import type { Program, State, StepState } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { Timetable, TimetableStep } from '../contracts/timetable.ts';
import { computedAnchors } from './anchors.ts';
import { flagIn, flagsOf } from './book.ts';
import type { Book, Draft } from './book.ts';
import { finish, putTo } from './deciding.ts';
import { slot, spanOf } from './due.ts';
import { allItems, completeStep } from './facts.ts';
import { own } from './own.ts';
import { planSteps } from './plan-steps.ts';
import { countsFrom } from './rearming.ts';
import { reopenStage } from './reopening.ts';

const REMOVED = 'removed-by-migration';

/** Takes a journey over to the draft's own timetable: what both know keeps its state and clocks, what is new and past stays unsaid. */
export function migrate(d: Draft, before: Book, to: Program, now: Instant): void {
  const { s, book } = d;
  s.program = to.program;
  s.anchors = anchorsAfter(s, before, book, to.anchors);
  s.flags = flagsAfter(s, before.timetable, to.flags ?? [], now);
  for (const { id } of book.timetable.stages) s.stages[id] ??= {};
  for (const step of before.timetable.steps) if (!book.steps.has(step.id)) remove(d, step, now);
  const fresh = book.timetable.steps.filter((step) => !keep(d, step, now));
  for (const step of fresh) add(d, step, now);
  planSteps(d, now, 'anchors');
  skipPassed(d, fresh, now);
}

function anchorsAfter(s: State, before: Book, book: Book, given: Record<string, Instant>): Record<string, Instant> {
  const kept = { ...given, ...s.anchors };
  for (const [name, rule] of Object.entries(book.timetable.anchors)) {
    const old = own(before.timetable.anchors, name);
    if ('given' in rule || !old || 'given' in old || JSON.stringify(old) === JSON.stringify(rule)) continue;
    const byRule = own(computedAnchors(before.timetable.anchors, s, without(s.anchors, name)), name);
    // A date that somebody moved is theirs; one that only its rule had made follows the new rule.
    if (byRule !== undefined && byRule + (own(s.extended, name) ?? 0) === own(s.anchors, name)) delete kept[name];
  }
  const after = computedAnchors(book.timetable.anchors, s, kept);
  for (const name of Object.keys(after)) {
    if (own(kept, name) === undefined) after[name]! += own(s.extended, name) ?? 0;
  }
  return after;
}

/** What is true of the account as the journey goes over, where only the new timetable asks; a flag that was cleared stays so. */
function flagsAfter(s: State, before: Timetable, initially: string[], now: Instant): State['flags'] {
  const known = knownFlags(before);
  const fresh = initially.filter((flag) => !known.has(flag) && own(s.flags, flag) === undefined);
  return { ...s.flags, ...Object.fromEntries(fresh.map((flag) => [flag, now])) };
}

function knownFlags({ steps, reactions, stages, end }: Timetable): Set<string | undefined> {
  const ofSteps = steps.flatMap((step) => [
    ...[...(step.if ?? []), ...(step.unless ?? [])].map((x) => x.flag),
    ...(step.needs ?? []),
    ...Object.values(step.open?.sets ?? {}),
    step.gate?.flag,
    ...flagsOf(step),
  ]);
  const ofReactions = reactions.flatMap((x) => [x.set, x.clear]);
  const ofStages = stages.flatMap((x) => [x.until, flagIn(x.enter)]);
  return new Set([...ofSteps, ...ofReactions, ...ofStages, ...(end?.outcomes ?? []).map((x) => x.flag)]);
}

const without = (anchors: Record<string, Instant>, name: string): Record<string, Instant> =>
  Object.fromEntries(Object.entries(anchors).filter(([key]) => key !== name));

/** What is undecided of a step that is no more is dropped; its decision is kept beside the steps until it is written. */
function remove(d: Draft, step: TimetableStep, now: Instant): void {
  const x = d.s.steps[step.id]!;
  x.removed = { kind: step.kind, ...(step.channel === undefined ? {} : { channel: step.channel }) };
  if (x.st === 'sending') {
    d.effects.push({ t: 'recall', step: step.id });
    return;
  }
  if (x.st !== 'done') Object.assign(x, { st: 'done', outcome: 'dropped', reason: REMOVED, at: now });
  d.s.past = [...(d.s.past ?? []), { ...x, step: step.id, rev: d.s.rev + 1 }];
}

/** Carries on what both timetables know; false: the step is new. */
function keep(d: Draft, step: TimetableStep, now: Instant): boolean {
  const x = own(d.s.steps, step.id);
  if (!x || x.reason === REMOVED) return false;
  const past = (d.s.past ?? []).filter((y) => y.step !== step.id || y.n !== x.n);
  if (past.length > 0) d.s.past = past;
  else delete d.s.past;
  delete x.removed;
  const entered = d.s.stages[step.stage]!.entered !== undefined;
  if (x.st === 'done') {
    const from = countsFrom(d.s, step);
    if (from !== undefined && x.planned !== undefined) x.from ??= from;
  } else if (x.st === 'open') keepOpen(d, step, x, now);
  else if (x.st === 'gated' && !step.gate) putTo(x, slot(d.book, d.s, step, now), now);
  else if (!entered && x.st !== 'sending' && !x.byCommand) x.st = 'idle';
  if (!step.gate) delete x.gateUntil;
  return true;
}

function keepOpen(d: Draft, step: TimetableStep, x: StepState, now: Instant): void {
  if (!step.open) finish(d, step, 'dropped', REMOVED, now);
  else if (allItems(step, x)) completeStep(d, step, now, now);
}

function add(d: Draft, step: TimetableStep, now: Instant): void {
  const before = own(d.s.steps, step.id);
  const n = before ? before.n + 1 : 1;
  const items = before?.items && { items: before.items };
  d.s.steps[step.id] = { st: 'idle', n, begun: now, ...(n > 1 ? { series: n } : {}), ...items };
  if (!reopenStage(d, step.stage, now)) finish(d, step, 'skipped', 'before-migration', now);
}

/** Steps that would have happened already had the journey begun by this timetable, in their own time. */
function skipPassed(d: Draft, fresh: TimetableStep[], now: Instant): void {
  for (let more = true; more;) {
    more = false;
    for (const step of fresh) {
      if (!hasPassed(d, step, now)) continue;
      finish(d, step, 'skipped', 'before-migration', d.s.steps[step.id]!.planned!);
      more = true;
      planSteps(d, now);
    }
  }
}

function hasPassed(d: Draft, step: TimetableStep, now: Instant): boolean {
  const x = d.s.steps[step.id]!;
  if (x.st === 'done' || x.planned === undefined || x.planned >= now) return false;
  // A list is kept, nobody is told of it: it opens late rather than never.
  if (step.kind === 'checklist') return false;
  if (d.book.stages.get(step.stage)!.enter.startsWith('flag:') && d.s.stages[step.stage]!.entered === undefined)
    return false;
  return now > (spanOf(d.book, d.s, step)?.closes ?? -Infinity);
}
