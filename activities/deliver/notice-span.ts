import type { DeliverInput } from '../../workflows/contracts/journey.ts';
import { bookOf } from '../../workflows/kernel/book.ts';
import { spanOf } from '../../workflows/kernel/due.ts';
import type { StepContext } from './context.ts';

/** The span in which the law wants this message, by the dates that held when it was written; null for any other message. */
export function noticeSpan(c: StepContext, { state, due }: DeliverInput): NoticeSpan | null {
  const span = c.step.notice && spanOf(bookOf(c.journey.timetable, {}), state, c.step);
  return span ? { due: iso(due), opens: iso(span.opens), closes: iso(span.closes) } : null;
}

type NoticeSpan = { due: string; opens: string; closes: string };
const iso = (at: number) => new Date(at).toISOString();
