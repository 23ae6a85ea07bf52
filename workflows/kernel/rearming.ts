import type { State, StepState } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { TimetableStep } from '../contracts/timetable.ts';
import type { Draft } from './book.ts';
import { anchorOf, plannedAt, spanOf } from './due.ts';
import { own } from './own.ts';

/** Reasons of an occurrence that nobody was told of: a later date is a first one. */
const UNTOLD = new Set(['already-past', 'stale', 'not-needed', 'before-migration', 'missed-date', 'date-moved']);

const tracked = (step: TimetableStep): boolean =>
  step.rearm !== undefined || step.notice !== undefined || step.due.from.startsWith('flag:');

/** The instant that a step counts from whose date may come again; undefined for other steps, and while there is none. */
export function countsFrom(s: State, step: TimetableStep): Instant | undefined {
  if (!tracked(step)) return undefined;
  const from = anchorOf(s, step, step.notice ? step.notice.closes.from : step.due.from);
  return typeof from === 'number' ? from : undefined;
}

/** Whether what a step counts from has moved since it was planned. */
export const hasMoved = (s: State, step: TimetableStep): boolean =>
  tracked(step) && countsFrom(s, step) !== s.steps[step.id]!.from;

/** When a notice went out; undefined when it did not. */
const sentAt = (x: StepState): Instant | undefined => x.since ?? (x.outcome === 'sent' ? x.at : undefined);

/** Whether a re-armed occurrence is not wanted at the date that it has now: what came before it serves that date too. */
export function notYet(d: Draft, step: TimetableStep, x: StepState, planned: Instant): boolean {
  const span = spanOf(d.book, d.s, step);
  if (span) return x.told !== undefined && x.told >= span.opens && x.told <= span.closes;
  return x.notBefore !== undefined && planned < x.notBefore;
}

/** Gives a step that is done another occurrence when its date has moved far enough; `since`: when it was done. */
export function rearm(d: Draft, step: TimetableStep, at: Instant, since?: Instant): void {
  const { s, book } = d;
  const x = s.steps[step.id]!;
  if (s.ended || x.st !== 'done' || (step.rearm === undefined && !step.notice)) return;
  if (s.stages[step.stage]?.ended !== undefined) return;
  const from = countsFrom(s, step);
  if (from === undefined || from === x.from || typeof plannedAt(book, s, step, x.n) !== 'number') return;
  if (x.from === undefined && x.reason !== 'not-needed') {
    // Decided before it had a date: that decision is about the first date it gets.
    x.from = from;
    return;
  }
  const fresh = step.notice ? ofNotice(d, step, x, at) : ofStep(d, step, x, since ?? x.at!);
  if (!fresh) return;
  if (x.outcome !== 'sent') s.past = [...(s.past ?? []), { ...x, step: step.id, rev: s.rev + 1 }];
  s.steps[step.id] = { st: 'idle', n: x.n + 1, begun: at, series: x.n + 1, ...fresh };
  restart(d, step);

  function ofNotice(d: Draft, step: TimetableStep, x: StepState, at: Instant): Partial<StepState> | undefined {
    const span = spanOf(book, s, step);
    const told = sentAt(x);
    if (!span || (told === undefined && at > span.closes)) return undefined;
    if (told !== undefined && told >= span.opens && told <= span.closes) return undefined;
    return told === undefined ? {} : { told };
  }

  function ofStep(d: Draft, step: TimetableStep, x: StepState, since: Instant): Partial<StepState> | undefined {
    const planned = plannedAt(book, s, { ...step, repeat: undefined }, 1);
    const untold = x.reason !== undefined && UNTOLD.has(x.reason);
    const notBefore = since + (untold ? 0 : step.rearm!);
    if (typeof planned !== 'number' || planned < notBefore) return undefined;
    return { told: x.at!, notBefore };
  }
}

/** What follows a step and still waits, waits for its next occurrence. */
function restart(d: Draft, step: TimetableStep): void {
  for (const other of d.book.timetable.steps) {
    const y = own(d.s.steps, other.id)!;
    if (other.due.from === `step:${step.id}` && (y.st === 'waiting' || y.st === 'gated') && !y.byCommand)
      d.s.steps[other.id] = anew(y);
  }
}

/** What a repetition keeps as one occurrence follows another: where it began, what pauses have added, and its clock where a flag sets that. */
export const seriesState = (step: TimetableStep, { series, carried, clock, from }: StepState): Partial<StepState> => ({
  ...(series === undefined ? {} : { series }),
  ...(carried === undefined ? {} : { carried }),
  ...(clock === undefined ? {} : { clock }),
  ...(from === undefined || !step.due.from.startsWith('flag:') ? {} : { from }),
});

/** A wait that begins again: nothing of the one before it stays but its place in the row. */
export function anew({ n, told, notBefore, series }: StepState): StepState {
  return {
    st: 'idle',
    n,
    ...(told === undefined ? {} : { told }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(series === undefined ? {} : { series }),
  };
}
