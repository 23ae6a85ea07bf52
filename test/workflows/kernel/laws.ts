import { expect } from 'vitest';
import type { Advanced, State, StepState } from '../../../workflows/contracts/journey.ts';
import type { Instant } from '../../../workflows/contracts/time.ts';
import { bookOf } from '../../../workflows/kernel/book.ts';
import type { Book } from '../../../workflows/kernel/book.ts';
import { isNoticeAt, limitOf, spanOf } from '../../../workflows/kernel/due.ts';
import type { Kernel } from '../../../workflows/kernel/kernel.ts';

/** What time had closed, a fact from before may overrule. */
const BY_TIME = new Set(['not-answered', 'stage-ended', 'journey-ended']);

/** What holds of a journey from one state to the next, whatever befalls it. */
export class Laws {
  private readonly sent = new Map<string, Instant[]>();

  check(kernel: Kernel, before: State, { state, effects }: Advanced, now: Instant): void {
    if (before.ended) {
      expect(state.ended, 'an ended journey stays as it ended').toEqual(before.ended);
      expect(effects.filter((e) => e.t === 'touch' || e.t === 'escalate')).toEqual([]);
    }
    for (const [id, x] of Object.entries(before.steps)) {
      if (x.st === 'done') decidedOnce(id, x, state.steps[id]!);
      else expect(state.steps[id]!.n, `${id} skips no occurrence`).toBeGreaterThanOrEqual(x.n);
    }
    const book = bookOf(kernel.timetable, {});
    for (const e of effects) if (e.t === 'touch') this.starts(book, state, e.step, now);
    for (const [id, x] of Object.entries(state.steps)) this.notice(book, before.steps[id], state, id, x);
  }

  private starts(book: Book, s: State, id: string, now: Instant): void {
    const step = book.steps.get(id)!;
    const x = s.steps[id]!;
    const span = spanOf(book, s, step);
    if (span) {
      expect(now, `${id} leaves when its span is open`).toBeGreaterThanOrEqual(span.opens);
      expect(now, `${id} leaves before its span closes`).toBeLessThanOrEqual(span.closes);
    }
    if (!isNoticeAt(book, s, step, x.due!))
      expect(now, `${id} is not too late`).toBeLessThan(limitOf(book, s, step, now));
  }

  /** A notice is told once within one span of the law. */
  private notice(book: Book, was: StepState | undefined, s: State, id: string, x: StepState): void {
    const step = book.steps.get(id);
    const left = x.since ?? (x.outcome === 'sent' ? x.at : undefined);
    if (!step?.notice || step.repeat || left === undefined || (was?.n === x.n && (was.since ?? was.at) === left))
      return;
    const span = spanOf(book, s, step);
    const all = this.sent.get(id) ?? [];
    this.sent.set(id, [...all, left]);
    if (!span) return;
    const told = all.filter((at) => at >= span.opens && at <= span.closes);
    if (left >= span.opens && left <= span.closes) expect(told, `${id} is told once within its span`).toEqual([]);
  }
}

/** An occurrence that is decided stays so, but for what is reached or told after all, and what was needless without its cause. */
function decidedOnce(id: string, x: StepState, y: StepState): void {
  if (y.n > x.n) return;
  expect(y.n, `${id} goes back to no earlier occurrence`).toBe(x.n);
  const [from, to] = [x, y].map(({ st, outcome, reason }) => ({ st, outcome, reason }));
  if (JSON.stringify(from) === JSON.stringify(to)) return;
  if (x.reason === 'not-needed') return;
  if (x.outcome === 'missed' && (y.outcome === 'met' || y.outcome === 'late')) return;
  if (x.since !== undefined && x.reason !== undefined && BY_TIME.has(x.reason) && y.st === 'done') return;
  expect(to, `${id} was decided`).toEqual(from);
}
