import type { Advanced, Input, Program, State } from '../contracts/journey.ts';
import { bookOf, draftOf } from './book.ts';
import type { Book, Draft } from './book.ts';
import { command, remember } from './commands.ts';
import { happened, heardOf } from './happenings.ts';
import { migrate } from './migrating.ts';
import { outcome, outcomeOfRemoved } from './outcomes.ts';
import { own } from './own.ts';
import { refuse } from './refusals.ts';
import { nextMoment, settle } from './ticking.ts';

/** As many decisions as a run carries that no activity has written yet: those of a repetition missed for all its time. */
const CARRIED = 1000;

const unchanged = (state: State): Advanced => ({ state, effects: [] });

/** Lets one input change a journey: the input first, then all that has come due by its time. */
export function advance(book: Book, state: State, input: Input): Advanced {
  const { now } = input;
  switch (input.t) {
    case 'tick': {
      const m = nextMoment(book, state);
      return m && m.at <= now ? change(book, state, now, () => {}) : unchanged(state);
    }
    case 'command': {
      const refused = refuse(book, state, input.command, now);
      if (refused) return { ...unchanged(state), refused };
      if (own(state.answered, input.command.id) !== undefined) return unchanged(state);
      const { command: c } = input;
      const answered = (d: Draft) => {
        d.s.answered = remember(d.s.answered, c.id, state.rev + 1);
      };
      if (c.name === 'migrate') return goOver(book, state, c, now, answered);
      return change(book, state, now, (d) => {
        command(d, c, now);
        answered(d);
      });
    }
    case 'happening': {
      const { happening } = input;
      if (state.seen.includes(happening.id)) return unchanged(state);
      if (happening.t !== 'migrated') return change(book, state, now, (d) => happened(d, happening, now));
      const heard = (d: Draft) => heardOf(d, happening.id);
      if (state.ended || happening.program <= (state.program ?? 0)) return change(book, state, now, heard);
      return goOver(book, state, happening, now, heard);
    }
    case 'outcome': {
      const step = book.steps.get(input.step);
      const x = own(state.steps, input.step);
      if (x?.st !== 'sending' || x.n !== input.n) return unchanged(state);
      return change(book, state, now, (d) =>
        step ? outcome(d, step, input.outcome, now) : outcomeOfRemoved(d, input.step, input.outcome, now),
      );
    }
  }
}

function change(book: Book, state: State, now: number, by: (d: Draft) => void): Advanced {
  const d = draftOf(book, state);
  by(d);
  settle(d, now);
  if (d.s.past && d.s.past.length > CARRIED) d.s.past = d.s.past.slice(-CARRIED);
  d.s.rev = state.rev + 1;
  return { state: d.s, effects: d.effects };
}

/** The journey goes on by another timetable, of which whoever holds a kernel is told. */
function goOver(book: Book, state: State, to: Program, now: number, by: (d: Draft) => void): Advanced {
  const { timetable } = to;
  const advanced = change(bookOf(timetable, book.rules), state, now, (d) => {
    migrate(d, book, to, now);
    by(d);
  });
  return { ...advanced, timetable };
}
