import type { DeliverOutcome, Input, State } from '../../../workflows/contracts/journey.ts';
import type { Timetable } from '../../../workflows/contracts/timetable.ts';
import { Chaos, RETRY } from './chaos.ts';

const WRITES = new Set(['touch', 'escalate']);

/** A journey as the database has it: the state of the last activity, and what was recorded since. Every touch has an outcome that tells. */
export class Recorded extends Chaos {
  snapshot: State;
  since: Input[];

  constructor(timetable: Timetable) {
    super(timetable);
    this.snapshot = this.state;
    this.since = [];
  }

  override input(input: Input): void {
    const before = this.state;
    const logged = this.run.log.length;
    super.input(input);
    if (this.state === before) return;
    if (input.t !== 'tick') this.since.push(input);
    const wrote = this.run.log.slice(logged).some((x) => WRITES.has(x.effect.t));
    if (wrote || input.t === 'command') [this.snapshot, this.since] = [this.state, []];
  }

  override answer(key: string, outcome: DeliverOutcome): void {
    if (!RETRY.has(outcome.is)) super.answer(key, outcome);
  }
}
