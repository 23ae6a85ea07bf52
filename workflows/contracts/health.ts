/** Input of the `healthSweep` workflow; `day` and `after` say where it goes on after continue-as-new. */
export type HealthSweepInput = { version: 1; day: string | null; after: string | null; swept: HealthSwept };

/** What a sweep did: accounts looked at, scores stored, bands that playbooks were told of, drops of use found. */
export type HealthSwept = { accounts: number; stored: number; changed: number; drops: number };

/** One page by account id; `after` is where the next one begins, null when there is none. */
export type HealthPage = HealthSwept & { day: string; after: string | null };

/** The workflow id of a sweep that somebody asked for. */
export const healthSweepId = (taskQueue: string, at: number): string => `tenure-health-sweep.${taskQueue}.${at}`;
