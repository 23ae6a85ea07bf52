import type { Input, State } from '../contracts/journey.ts';
import type { Instant } from '../contracts/time.ts';
import type { Kernel } from './kernel.ts';

/**
 * The present state from a snapshot that may lag: what was recorded since is applied in its own time, then a tick at `now`.
 * A touch that an outcome tells of is let fall due first; commands and facts meet the state as it stood, as in the run.
 */
export function fold(kernel: Kernel, snapshot: State, inputs: Input[], now: Instant): State {
  let s = snapshot;
  for (const input of [...inputs].sort((a, b) => a.now - b.now)) {
    if (input.t === 'outcome') s = kernel.advance(s, { t: 'tick', now: input.now }).state;
    else s = kernel.advance(s, { t: 'tick', now: input.now - 1 }).state;
    s = kernel.advance(s, input).state;
  }
  return kernel.advance(s, { t: 'tick', now }).state;
}
