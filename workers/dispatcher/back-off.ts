/** Who is left alone for a while after each failure, by id. */
export type BackOff = {
  /** Those whose turn has not come. */
  waiting(): string[];
  /** Answers how many failures there were before. */
  add(id: string): number;
};

const FORGOTTEN_MS = 60_000;

/** Leaves what fails alone, longer each time: `waitMs` answers how long after so many failures in a row. */
export function createBackOff(waitMs: (failures: number) => number): BackOff {
  const waits = new Map<string, { until: number; times: number }>();
  return {
    waiting() {
      const now = performance.now();
      for (const [id, wait] of waits) if (wait.until + FORGOTTEN_MS < now) waits.delete(id);
      return [...waits].filter(([, wait]) => wait.until > now).map(([id]) => id);
    },
    add(id) {
      const times = waits.get(id)?.times ?? 0;
      waits.set(id, { until: performance.now() + waitMs(times + 1), times: times + 1 });
      return times;
    },
  };
}
