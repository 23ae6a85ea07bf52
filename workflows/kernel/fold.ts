import type { Input, State } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { Kernel } from './kernel.ts';

/** A state, and the kernel of the timetable that it follows: another than the snapshot's when a migration came since. */
export type Folded = { state: State; kernel: Kernel };

/**
 * The present state from a snapshot that may lag: what was recorded since is applied in its own time, then a tick at `now`.
 * A touch that an outcome tells of is let fall due first; commands and facts meet the state as it stood, as in the run.
 * The revision is that of the run as long as the run woke in time and no touch was held; `heard` compares the two safely.
 */
export function foldWith(kernel: Kernel, snapshot: State, inputs: Input[], now: Instant): Folded {
  let k = kernel;
  let s = snapshot;
  for (const input of [...inputs].sort((a, b) => a.now - b.now)) {
    s = catchUp(k, s, input.t === 'outcome' ? input.now : input.now - 1);
    const r = k.advance(s, asRecorded(input));
    s = r.state;
    if (r.timetable) k = k.on(r.timetable);
  }
  return { state: catchUp(k, s, now), kernel: k };
}

/** {@link foldWith} where only the state is asked for. */
export const fold = (kernel: Kernel, snapshot: State, inputs: Input[], now: Instant): State =>
  foldWith(kernel, snapshot, inputs, now).state;

/** A recorded command was accepted already, whatever revision it had been shown. */
function asRecorded(input: Input): Input {
  return input.t === 'command' ? { ...input, command: { ...input.command, ifRev: undefined } } : input;
}

/** Ticks as the run does, at each wake; but a start that the snapshot knows nothing of has not happened, so it is judged now. */
function catchUp(kernel: Kernel, snapshot: State, now: Instant): State {
  let s = snapshot;
  for (let wake = kernel.nextWake(s); wake !== undefined && wake <= now; wake = kernel.nextWake(s)) {
    const r = kernel.advance(s, { t: 'tick', now: wake });
    if (r.effects.some((e) => e.t === 'touch' || e.t === 'escalate')) break;
    s = r.state;
  }
  return kernel.advance(s, { t: 'tick', now }).state;
}
