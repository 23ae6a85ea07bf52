import type { DeliverOutcome, ForecastEntry, Input, State } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { TimetableStep } from '../contracts/timetable.ts';
import { advance } from './advance.ts';
import type { Book } from './book.ts';
import { nextMoment } from './ticking.ts';

const MAX_ENTRIES = 500;
const MAX_TURNS = 5000;

/** What becomes of a touch when nothing intervenes: it is sent (and opens when it can), a check is met. */
export const undisturbed = (step: TimetableStep): DeliverOutcome =>
  step.kind === 'check' ? { is: 'met' } : { is: 'sent', ...(step.open ? { opens: true } : {}) };

function entry(step: TimetableStep, at: Instant, waitsFor?: string): ForecastEntry {
  const templates = step.templates ?? [];
  const template = templates.length === 1 ? templates[0]! : null;
  return {
    step: step.id,
    at,
    kind: step.kind,
    channel: step.channel ?? null,
    template,
    ...(waitsFor === undefined ? {} : { waitsFor }),
  };
}

/**
 * What will happen from now on when nothing intervenes, by running the journey ahead: what is on its way is answered at
 * once in the timetable's order, what starts later in the order of starting. A wait for an event is listed at its latest
 * and named; a journey paused without a date is run as if it were resumed now. At most 500 entries.
 */
export function forecast(book: Book, state: State, now: Instant): ForecastEntry[] {
  const ahead = new Ahead(book, state);
  if (state.pause && state.pause.until === null) {
    ahead.apply({ t: 'command', now: Math.max(now, state.pause.since), command: { id: '', name: 'resume' } });
  }
  ahead.answer(now);
  for (let turn = 0; turn < MAX_TURNS && ahead.found.length < MAX_ENTRIES; turn++) {
    const m = nextMoment(book, ahead.state);
    if (!m) break;
    const at = Math.max(m.at, now);
    if (m.what === 'gate') ahead.found.push(entry(book.steps.get(m.id)!, at, book.steps.get(m.id)!.gate!.flag));
    ahead.apply({ t: 'tick', now: at });
    ahead.answer(at);
  }
  return ahead.found.slice(0, MAX_ENTRIES);
}

class Ahead {
  readonly found: ForecastEntry[] = [];
  readonly book: Book;
  state: State;
  private readonly onTheWay: { step: TimetableStep; n: number }[];

  constructor(book: Book, state: State) {
    this.book = book;
    this.state = state;
    const sending = book.timetable.steps.filter((x) => state.steps[x.id]!.st === 'sending');
    this.onTheWay = sending.map((step) => ({ step, n: state.steps[step.id]!.n }));
  }

  apply(input: Input): void {
    const r = advance(this.book, this.state, input);
    this.state = r.state;
    for (const e of r.effects) {
      if (e.t !== 'touch') continue;
      const step = this.book.steps.get(e.step)!;
      this.found.push(entry(step, input.now));
      this.onTheWay.push({ step, n: e.n });
    }
  }

  answer(at: Instant): void {
    while (this.onTheWay.length > 0 && this.found.length < MAX_ENTRIES) {
      const { step, n } = this.onTheWay.shift()!;
      this.apply({ t: 'outcome', now: at, step: step.id, n, outcome: undisturbed(step) });
    }
  }
}
