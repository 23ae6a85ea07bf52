import { performance } from 'node:perf_hooks';

/** Runs `work` for 0 … count-1, at most `width` at once; answers the seconds that it took. */
export async function inParallel(count: number, width: number, work: (i: number) => Promise<unknown>): Promise<number> {
  const started = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) await work(next++);
    }),
  );
  return (performance.now() - started) / 1000;
}

/** The middle one of some figures, by `of`. */
export function medianBy<T>(rows: T[], of: (row: T) => number): T {
  return [...rows].sort((a, b) => of(a) - of(b))[Math.floor(rows.length / 2)]!;
}

/** The value below which a share of the values lies. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
}

/** Rounds to so many significant places for printing. */
export const round = (value: number, digits = 1): number => Number(value.toFixed(digits));

/** Looks at this process's memory until it is stopped, which answers the most there was, MiB. */
export function watchMemory(): { stop(): number } {
  let most = process.memoryUsage().rss;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 100);
  return {
    stop: () => {
      clearInterval(timer);
      return most / 2 ** 20;
    },
  };
}
