/**
 * Owns the accounts that an event wants scored at once.
 * Invariants: a request is gone only with the commit of its score; two workers never take the same one.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../../db/database.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import { healthPolicy } from '../../playbooks/scores/policy.ts';
import type { IngestPort } from '../../playbooks/scores/record-scores.ts';
import { scoreRequested } from '../../playbooks/scores/score-requested.ts';

export type ScoringParts = {
  database: Pick<Database, 'db'>;
  clock: () => number;
  ingest: IngestPort;
  launch: (rows: JourneyRow[]) => Promise<void>;
  log: Pick<Logger, 'warn'>;
  /** Real ms between two looks. */
  everyMs?: number;
};

const BACK_OFF_MS = [500, 1_000, 2_000, 5_000, 10_000];

/** Starts looking for requests; `stop` ends it once what is being scored has been. */
export function startScoring(parts: ScoringParts): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const pause = (ms: number) => delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  const loop = async () => {
    for (let failures = 0; !stopping.signal.aborted;) {
      try {
        const done = await scoreSome(parts);
        failures = 0;
        if (done === 0) await pause(parts.everyMs ?? 1_000);
      } catch (error) {
        if (failures === 0) parts.log.warn({ error: (error as Error).name }, 'scoring waits for the database');
        await pause(BACK_OFF_MS[Math.min(failures++, BACK_OFF_MS.length - 1)]!);
      }
    }
  };
  const running = loop();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Takes what is asked for now, once; answers how many requests that were. */
export async function scoreSome({ database, clock, ingest: given, launch }: ScoringParts): Promise<number> {
  const started: JourneyRow[] = [];
  const ingest: IngestPort = async (tx, events) => {
    const done = await given(tx, events);
    started.push(...done.started);
    return done;
  };
  const done = await database.db.transaction((tx) =>
    scoreRequested(tx, { policy: healthPolicy, ingest, now: new Date(clock()) }),
  );
  await launch(started);
  return done;
}
