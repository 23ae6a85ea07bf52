import type { DeliverOutcome, Input, State } from '../../../workflows/contracts/journey.ts';
import type { Timetable } from '../../../workflows/contracts/timetable.ts';
import type { Kernel } from '../../../workflows/kernel/kernel.ts';
import { Chaos, RETRY } from './chaos.ts';
import type { Action } from './stories.ts';

const WRITES = new Set(['touch', 'escalate']);

/** A journey as the database has it: the state of the last activity, and what was recorded since. Every touch has an outcome that tells. */
export class Recorded extends Chaos {
  snapshot: State;
  since: Input[];
  /** Bound to the timetable that the snapshot follows. */
  kernel: Kernel;

  constructor(timetable: Timetable) {
    super(timetable);
    this.snapshot = this.state;
    this.since = [];
    this.kernel = this.run.kernel;
  }

  /** Lets time pass, then something happen: an outcome after what falls due at its instant, anything else before it. */
  live(ms: number, action: Action): void {
    this.pass(action.do === 'answer' ? ms + 1 : ms, false);
    if (action.do !== 'answer') this.now += 1;
    this.act(action);
    this.pass(0, false);
  }

  override input(input: Input): void {
    const before = this.state;
    const logged = this.run.log.length;
    super.input(input);
    if (this.state === before) return;
    if (input.t !== 'tick') this.since.push(input);
    const wrote = this.run.log.slice(logged).some((x) => WRITES.has(x.effect.t));
    if (wrote || input.t === 'command') [this.snapshot, this.since, this.kernel] = [this.state, [], this.run.kernel];
  }

  override answer(key: string, outcome: DeliverOutcome): void {
    if (!RETRY.has(outcome.is)) super.answer(key, outcome);
  }
}
