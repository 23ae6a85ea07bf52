import { setTimeout as delay } from 'node:timers/promises';

/** A turn every so often, in the order in which it is asked for: `perSecond` turns a second, and no burst after a rest. */
export function createPace(perSecond: number): () => Promise<void> {
  const every = 1000 / perSecond;
  let next = 0;
  return async () => {
    const now = performance.now();
    const at = Math.max(now, next);
    next = at + every;
    if (at - now >= 1) await delay(at - now);
  };
}
