/*
 * Owns: what a journey's state becomes. Nothing else may change one.
 * Invariants: pure functions of state, input and timetable; states are plain JSON and never mutated; every step is decided
 * exactly once an occurrence; nothing but a legal notice starts while paused; after a tick the next wake lies ahead.
 */
import type { Timetable } from '../contracts/timetable.ts';
import type { Rules } from '../rules/rules.ts';
import { advance } from './advance.ts';
import { begin } from './begin.ts';
import { bookOf } from './book.ts';
import { changes } from './changes.ts';
import { forecast } from './forecast.ts';
import type { Kernel } from './kernel.ts';
import { refuse } from './refusals.ts';
import { nextMoment } from './ticking.ts';
import { next, stage, status } from './views.ts';

/** Binds the kernel to one timetable and the rules of its kind. */
export function createKernel(timetable: Timetable, rules: Rules): Kernel {
  const book = bookOf(timetable, rules);
  return {
    timetable,
    on: (other) => createKernel(other, rules),
    begin: (seed) => begin(book, seed),
    advance: (state, input) => advance(book, state, input),
    refuse: (state, command, now) => refuse(book, state, command, now),
    nextWake: (state) => nextMoment(book, state)?.at,
    forecast: (state, now) => forecast(book, state, now),
    preview: (state, command, now) => {
      const r = advance(book, state, { t: 'command', now, command });
      if (r.refused) return { refused: r.refused };
      const after = r.timetable ? bookOf(r.timetable, rules) : book;
      return { state: r.state, changes: changes(state, r.state), forecast: forecast(after, r.state, now) };
    },
    status,
    stage: (state) => stage(book, state),
    next: (state) => next(book, state),
    changes,
  };
}
