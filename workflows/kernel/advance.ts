import type { Advanced, Input, State } from '../contracts/journey.ts';
import { draftOf } from './book.ts';
import type { Book, Draft } from './book.ts';
import { command, remember } from './commands.ts';
import { happened } from './happenings.ts';
import { outcome } from './outcomes.ts';
import { own } from './own.ts';
import { refuse } from './refusals.ts';
import { nextMoment, settle } from './ticking.ts';

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
      return change(book, state, now, (d) => {
        command(d, input.command, now);
        d.s.answered = remember(d.s.answered, input.command.id, state.rev + 1);
      });
    }
    case 'happening':
      if (state.seen.includes(input.happening.id)) return unchanged(state);
      return change(book, state, now, (d) => happened(d, input.happening, now));
    case 'outcome': {
      const step = book.steps.get(input.step);
      const x = own(state.steps, input.step);
      if (!step || x?.st !== 'sending' || x.n !== input.n) return unchanged(state);
      return change(book, state, now, (d) => outcome(d, step, input.outcome, now));
    }
    case 'escalated':
      return unchanged(state);
  }
}

function change(book: Book, state: State, now: number, by: (d: Draft) => void): Advanced {
  const d = draftOf(book, state);
  by(d);
  settle(d, now);
  d.s.rev = state.rev + 1;
  return { state: d.s, effects: d.effects };
}
