import type { Heard } from '../contracts/commands.ts';
import type { JourneyStatus, State } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import { draftOf } from './book.ts';
import type { Book } from './book.ts';
import { resume } from './pausing.ts';

/** Whether a journey runs, is paused or has ended. */
export const status = (s: State): JourneyStatus => (s.ended ? 'ended' : s.pause ? 'paused' : 'running');

/** What the journey has been told last. */
export function heard(s: State): Heard {
  const newest = Object.keys(s.answered).reduce<string | null>(
    (a, b) => (a === null || s.answered[b]! > s.answered[a]! ? b : a),
    null,
  );
  return { command: newest, happening: s.seen.at(-1) ?? null };
}

/** The step that comes next and when; null when paused without a date, or when only an input brings one. */
export function next(book: Book, state: State): { step: string; at: Instant } | null {
  if (state.ended || (state.pause && state.pause.until === null)) return null;
  let s = state;
  if (state.pause) {
    const d = draftOf(book, state);
    resume(d, state.pause.until!);
    s = d.s;
  }
  let best: { step: string; at: Instant } | null = null;
  for (const { id } of book.timetable.steps) {
    const x = s.steps[id]!;
    if ((x.st === 'waiting' || x.st === 'idle') && x.due !== undefined && (!best || x.due < best.at))
      best = { step: id, at: x.due };
  }
  return best;
}

/** The stage a journey is in: of those entered and not ended the one of the next step, else the first; null at the end. */
export function stage(book: Book, s: State): string | null {
  const active = book.timetable.stages.filter(
    (x) => s.stages[x.id]?.entered !== undefined && s.stages[x.id]?.ended === undefined,
  );
  const coming = active.length > 1 ? next(book, s) : null;
  const ofNext = coming && book.steps.get(coming.step)?.stage;
  return (active.find((x) => x.id === ofNext) ?? active[0])?.id ?? null;
}
