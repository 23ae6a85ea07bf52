import type { State } from '../contracts/journey.ts';
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
  return due.businessDays ? addBusinessDays(s.zone, book.timetable.calendar, t, due.businessDays) : t;
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
  const anchor = anchorOf(s, step, step.due.from);
  if (typeof anchor !== 'number') return anchor;
  const { offset } = step.due;
  const every = step.repeat?.every;
  const k = n - (own(s.steps, step.id)?.series ?? 1);
  if (!every || k <= 0) return baseFrom(book, s, step.due, anchor);
  return baseFrom(book, s, step.due, anchor, {
    months: offset.months + k * every.months,
    days: offset.days + k * every.days,
    ms: offset.ms + k * every.ms,
  });
}

function endOf(book: Book, s: State, due: Due, entered: Instant | undefined): Instant | undefined {
  const anchor = due.from === 'start' ? s.startedAt : due.from === 'stage' ? entered : stepOrAnchor(s, due.from);
  return anchor === undefined ? undefined : place(book, s, due, baseFrom(book, s, due, anchor));
}

function stepOrAnchor(s: State, from: string): Instant | undefined {
  if (from.startsWith('flag:')) return own(s.flags, from.slice(5));
  if (!from.startsWith('step:')) return own(s.anchors, from);
  const parent = own(s.steps, from.slice(5));
  return parent?.st === 'done' ? parent.at : undefined;
}

/** When a stage ends by its timetable; undefined when it has no end or it cannot be known yet. */
export function stageEnd(book: Book, s: State, stageId: string): Instant | undefined {
  const end = book.stages.get(stageId)?.end;
  return end && endOf(book, s, end, s.stages[stageId]?.entered);
}

/** When the journey ends by its timetable. */
export function journeyEnd(book: Book, s: State): Instant | undefined {
  const { end } = book.timetable;
  return end && endOf(book, s, end.at, s.startedAt);
}

/** The instant from which a step is too late for its stage, its journey and the journey's greatest age. */
export function limitOf(book: Book, s: State, step: TimetableStep): Instant {
  const stage = stageEnd(book, s, step.stage) ?? Infinity;
  const end = journeyEnd(book, s) ?? Infinity;
  return Math.min(stage, end, s.startedAt + book.timetable.maxAge);
}

/** Whether a due lies at or beyond its limit; an end's own notice may stand at the end itself. */
export function isPastLimit(book: Book, s: State, step: TimetableStep, due: Instant, limit: Instant): boolean {
  return due > limit || (due === limit && !isNoticeAt(book, s, step, limit));
}

/** Whether a step is the own notice of an end that stands at this instant. */
export function isNoticeAt(book: Book, s: State, step: TimetableStep, at: Instant): boolean {
  const { end } = book.timetable;
  if (end && isNoticeOf(step, end.at) && journeyEnd(book, s) === at) return true;
  const ofStage = book.stages.get(step.stage)?.end;
  return ofStage !== undefined && isNoticeOf(step, ofStage) && stageEnd(book, s, step.stage) === at;
}
