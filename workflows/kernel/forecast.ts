import type { DeliverOutcome, ForecastEntry, Input, State } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { TimetableStep } from '../contracts/timetable.ts';
import { advance } from './advance.ts';
import type { Book } from './book.ts';
import { own } from './own.ts';
import { nextMoment } from './ticking.ts';
import type { Moment } from './ticking.ts';

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
    const waits = waitOf(book, state, m);
    if (waits) ahead.found.push(entry(waits.step, at, waits.flag));
    ahead.apply({ t: 'tick', now: at });
    ahead.answer(at);
  }
  return ahead.found.slice(0, MAX_ENTRIES);
}

/** The step that waits for an event until this moment, and for which. */
function waitOf(book: Book, s: State, m: Moment): { step: TimetableStep; flag: string } | undefined {
  const step = book.steps.get(m.id);
  if (m.what === 'gate') return { step: step!, flag: step!.gate!.flag };
  if (m.what !== 'step' || step?.kind !== 'milestone') return undefined;
  const missing = step.needs?.find((flag) => own(s.flags, flag) === undefined);
  return missing === undefined ? undefined : { step, flag: missing };
}

class Ahead {
  readonly found: ForecastEntry[] = [];
  readonly book: Book;
  state: State;
  private readonly onTheWay: { id: string; n: number; outcome: DeliverOutcome }[];

  constructor(book: Book, state: State) {
    this.book = book;
    this.state = state;
    const sending = (id: string) => state.steps[id]!.st === 'sending';
    const removed = Object.keys(state.steps).filter((id) => !book.steps.has(id) && sending(id));
    this.onTheWay = [
      ...removed.map((id) => ({ id, n: state.steps[id]!.n, outcome: { is: 'recalled' as const } })),
      ...book.timetable.steps.filter((x) => sending(x.id)).map((step) => this.told(step, state.steps[step.id]!.n)),
    ];
  }

  apply(input: Input): void {
    const r = advance(this.book, this.state, input);
    this.state = r.state;
    for (const e of r.effects) {
      if (e.t !== 'touch') continue;
      const step = this.book.steps.get(e.step)!;
      this.found.push(entry(step, input.now));
      this.onTheWay.push(this.told(step, e.n));
    }
  }

  answer(at: Instant): void {
    while (this.onTheWay.length > 0 && this.found.length < MAX_ENTRIES) {
      const { id, n, outcome } = this.onTheWay.shift()!;
      this.apply({ t: 'outcome', now: at, step: id, n, outcome });
    }
  }

  private told(step: TimetableStep, n: number) {
    return { id: step.id, n, outcome: undisturbed(step) };
  }
}
