import type { Pause, State } from '../contracts/journey.ts';
import type { Instant, Offset } from '../contracts/time.ts';
import type { Due, TimetableStep } from '../contracts/timetable.ts';
import { isNoticeOf } from './book.ts';
import type { Book } from './book.ts';
import { addBusinessDays, addLocalDays, addOffset, adjustToWorkingDay, nextOpening } from './calendar.ts';
import { own } from './own.ts';

/** An instant, or why there is none: its anchor has not come (undefined), or what it follows went another way. */
export type Resolved = Instant | 'not-needed' | undefined;

function followed(s: State, step: TimetableStep, parentId: string): Resolved {
  const parent = own(s.steps, parentId);
  if (!parent) return 'not-needed';
  if (parentId === step.id) return parent.since;
  const { after } = step;
  const byOpening = parent.since !== undefined && (after?.includes('sent') || (step.whileOpen && !after));
  if (parent.st === 'open') return byOpening ? parent.since : undefined;
  if (parent.st !== 'done') return undefined;
  if (byOpening) return parent.since;
  if (step.whileOpen) return 'not-needed';
  return !after || after.includes(parent.outcome!) ? parent.at : 'not-needed';
}

/** The instant that a step's `from` names. */
export function anchorOf(s: State, step: TimetableStep, from: string): Resolved {
  if (from === 'start') return s.startedAt;
  if (from === 'stage') return s.stages[step.stage]?.entered;
  if (from.startsWith('step:')) return followed(s, step, from.slice(5));
  if (from.startsWith('flag:')) return own(s.flags, from.slice(5));
  return own(s.anchors, from);
}

/** Anchor + offset + working days, before shift, window and adjustment. */
export function baseFrom(book: Book, s: State, due: Due, anchor: Instant, offset: Offset = due.offset): Instant {
  const t = due.at === undefined ? addOffset(s.zone, anchor, offset) : addLocalDays(s.zone, anchor, offset, due.at);
  const day = due.businessDays ? addBusinessDays(s.zone, book.timetable.calendar, t, due.businessDays) : t;
  return due.atLeast ? Math.max(day, addOffset(s.zone, anchor, due.atLeast)) : day;
}

/** Moves an instant to where the due allows it: the next opening of its window, on a working day. Idempotent. */
export function place(book: Book, s: State, due: Due, t: Instant): Instant {
  if (!due.window && !due.adjust) return t;
  const { calendar } = book.timetable;
  let at = due.window ? nextOpening(s.zone, due.window, t) : t;
  if (due.adjust) at = adjustToWorkingDay(s.zone, calendar, at, due.adjust);
  for (let i = 0; i < 40; i++) {
    const before = at;
    if (due.window) at = nextOpening(s.zone, due.window, at);
    if (due.adjust) at = adjustToWorkingDay(s.zone, calendar, at, 'following');
    if (at === before) break;
  }
  return at;
}

/** The span in which the law wants a notice; undefined for any other step, and until its dates are known. */
export function spanOf(book: Book, s: State, step: TimetableStep): { opens: Instant; closes: Instant } | undefined {
  if (!step.notice) return undefined;
  const opens = anchorOf(s, step, step.notice.opens.from);
  const closes = anchorOf(s, step, step.notice.closes.from);
  if (typeof opens !== 'number' || typeof closes !== 'number') return undefined;
  return {
    opens: baseFrom(book, s, step.notice.opens, opens),
    closes: baseFrom(book, s, step.notice.closes, closes),
  };
}

/** A wake-up comes a moment after its date: the last chance to send a notice stands so long before its span closes. */
const LAST_CALL_MS = 60_000;

/** Moves an instant to where a step may take place; a legal notice never leaves its span for that. */
export function slot(book: Book, s: State, step: TimetableStep, t: Instant): Instant {
  const span = spanOf(book, s, step);
  if (!span) return place(book, s, step.due, t);
  const last = Math.max(span.opens, span.closes - LAST_CALL_MS);
  const from = Math.max(t, span.opens);
  const placed = place(book, s, step.due, from);
  return placed >= span.opens && placed <= last ? placed : Math.min(from, last);
}

/** When the playbook itself plans occurrence `n` of a step. */
export function plannedAt(book: Book, s: State, step: TimetableStep, n: number): Resolved {
  const { anchor, first } = seriesOf(book, s, step, n);
  return typeof anchor === 'number' ? occurrence(book, s, step, anchor, n - first) : anchor;
}

/** What occurrence `n` counts from, and the first that does: a flag that is set anew restarts no repetition whose next date is still to come. */
export function seriesOf(
  book: Book,
  s: State,
  step: TimetableStep,
  n: number,
): { anchor: Resolved; first: number; holds?: true } {
  const anchor = anchorOf(s, step, step.due.from);
  const x = own(s.steps, step.id);
  const first = x?.series ?? 1;
  const clock = x?.clock ?? x?.from;
  const set = step.repeat && step.due.from.startsWith('flag:') && typeof anchor === 'number' ? anchor : undefined;
  if (set === undefined || clock === undefined || clock === set || n <= first) return { anchor, first };
  const next = occurrence(book, s, step, clock, n - first) + (x?.carried ?? 0);
  return next > baseFrom(book, s, step.due, set) ? { anchor: clock, first, holds: true } : { anchor, first: n };
}

function occurrence(book: Book, s: State, step: TimetableStep, anchor: Instant, k: number): Instant {
  const { offset } = step.due;
  const every = step.repeat?.every;
  if (!every || k <= 0) return baseFrom(book, s, step.due, anchor);
  return baseFrom(book, s, step.due, anchor, {
    months: offset.months + k * every.months,
    days: offset.days + k * every.days,
    ms: offset.ms + k * every.ms,
  });
}

/** The instant that an end counts from; undefined: not known yet. */
export function endAnchor(s: State, due: Due, entered: Instant | undefined): Instant | undefined {
  return due.from === 'start' ? s.startedAt : due.from === 'stage' ? entered : stepOrAnchor(s, due.from);
}

function endOf(book: Book, s: State, due: Due, entered: Instant | undefined, shift = 0): Instant | undefined {
  const anchor = endAnchor(s, due, entered);
  return anchor === undefined ? undefined : place(book, s, due, baseFrom(book, s, due, anchor) + shift);
}

function stepOrAnchor(s: State, from: string): Instant | undefined {
  if (from.startsWith('flag:')) return own(s.flags, from.slice(5));
  if (!from.startsWith('step:')) return own(s.anchors, from);
  const parent = own(s.steps, from.slice(5));
  return parent?.st === 'done' ? parent.at : undefined;
}

/** Whether the ends of stages and journey stand still under a pause. */
export const freezesEnds = (book: Book, p: Pause | null): boolean =>
  p !== null && book.timetable.endClock === 'freeze' && (p.clock ?? 'freeze') === 'freeze';

/** What a pause that has not ended has added to an end by `at`. */
export function standstill(book: Book, s: State, end: Due, entered: Instant | undefined, at: Instant): number {
  if (!freezesEnds(book, s.pause)) return 0;
  return Math.max(0, at - Math.max(s.pause!.since, endAnchor(s, end, entered) ?? Infinity));
}

/** When a stage ends by its timetable, as it stands at `at` (missing: but for the pause that lasts); undefined when it has no end or it cannot be known yet. */
export function stageEnd(book: Book, s: State, stageId: string, at = s.startedAt): Instant | undefined {
  const end = book.stages.get(stageId)?.end;
  const y = s.stages[stageId];
  return end && endOf(book, s, end, y?.entered, (y?.shift ?? 0) + standstill(book, s, end, y?.entered, at));
}

/** When the journey ends by its timetable, as it stands at `at`. */
export function journeyEnd(book: Book, s: State, at = s.startedAt): Instant | undefined {
  const { end } = book.timetable;
  return end && endOf(book, s, end.at, s.startedAt, (s.shift ?? 0) + standstill(book, s, end.at, s.startedAt, at));
}

/** The instant from which a step is too late for its stage, its journey and the journey's greatest age, as they stand at `at`. */
export function limitOf(book: Book, s: State, step: TimetableStep, at: Instant): Instant {
  const stage = stageEnd(book, s, step.stage, at) ?? Infinity;
  const end = journeyEnd(book, s, at) ?? Infinity;
  return Math.min(stage, end, s.startedAt + book.timetable.maxAge);
}

/** Whether a due lies at or beyond its limit; an end's own notice may stand at the end itself. */
export function isPastLimit(book: Book, s: State, step: TimetableStep, due: Instant, limit: Instant): boolean {
  return due > limit || (due === limit && !isNoticeAt(book, s, step, limit));
}

/** Whether a step is the own notice of an end that stands at this instant. */
export function isNoticeAt(book: Book, s: State, step: TimetableStep, at: Instant): boolean {
  const { end } = book.timetable;
  if (end && isNoticeOf(step, end.at) && journeyEnd(book, s, at) === at) return true;
  const ofStage = book.stages.get(step.stage)?.end;
  return ofStage !== undefined && isNoticeOf(step, ofStage) && stageEnd(book, s, step.stage, at) === at;
}
