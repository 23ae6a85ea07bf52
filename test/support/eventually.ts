import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `check` gives something, asking every 40 ms; what it threw or gave last is the error when it never does. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T> | T,
  withinMs = 180_000,
): Promise<Exclude<NonNullable<T>, false>> {
  const until = performance.now() + withinMs;
  for (let last: unknown; ;) {
    try {
      const found = await check();
      if (found) return found as Exclude<NonNullable<T>, false>;
      last = found;
    } catch (error) {
      last = error;
    }
    if (performance.now() > until) throw new Error(`${what}: not within ${withinMs} ms`, { cause: last });
    await delay(40);
  }
}
