/**
 * Owns the accounts that an event wants scored at once.
 * Invariants: a request is gone only with the commit of its score, or of the task that says it cannot be scored; two workers never take the same one.
 */
import type { Logger } from 'pino';
import { mayPass } from '../../activities/deliver/failures.ts';
import type { Database, Tx } from '../../db/database.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import { healthPolicy } from '../../playbooks/scores/policy.ts';
import type { HealthPolicy } from '../../playbooks/scores/policy.ts';
import type { IngestPort } from '../../playbooks/scores/record-scores.ts';
import { keepDoing, pause } from '../keep-doing.ts';
import { scoreOldest, scoreRequested } from '../../playbooks/scores/score-requested.ts';

export type ScoringParts = {
  database: Pick<Database, 'db'>;
  clock: () => number;
  ingest: IngestPort;
  launch: (rows: JourneyRow[]) => Promise<void>;
  log: Pick<Logger, 'warn'>;
  /** Real ms between two looks. */
  everyMs?: number;
};

const BATCH = 200;

/** Starts looking for requests; `stop` ends it once what is being scored has been. */
export function startScoring(parts: ScoringParts): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  let idle = false;
  const running = keepDoing({
    signal,
    work: async () => void (idle = (await scoreSome(parts)) === 0),
    rest: async () => idle && pause(parts.everyMs ?? 1_000, signal),
    onFailure: (error, failures) => {
      if (failures === 1) parts.log.warn({ error: (error as Error).name }, 'scoring waits for the database');
    },
  });
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Takes what is asked for now, once; answers how many requests that were. One that fails for itself keeps none of the others from being met. */
export async function scoreSome(parts: ScoringParts): Promise<number> {
  const { log } = parts;
  try {
    return await scoring(parts, (tx, given) => scoreRequested(tx, { ...given, limit: BATCH }));
  } catch (error) {
    if (mayPass(error)) throw error;
    log.warn({ error: (error as Error).name }, 'requests are scored one at a time: one of them fails');
  }
  for (let done = 0; ; done++) {
    const was = await scoring(parts, (tx, given) => scoreOldest(tx, { ...given, mayPass }));
    if (was === 'none' || done === BATCH) return done;
    if (was !== 'scored')
      log.warn({ event: was.eventId, error: (was.failed as Error).name }, 'a request is set aside: scoring fails');
  }
}

type Given = { policy: HealthPolicy; ingest: IngestPort; now: Date; undone: () => void };

/** One transaction of scoring; the journeys that its events open are started once it has committed. */
async function scoring<T>(
  { database, clock, ingest: given, launch }: ScoringParts,
  work: (tx: Tx, given: Given) => Promise<T>,
): Promise<T> {
  const started: JourneyRow[] = [];
  const ingest: IngestPort = async (tx, events) => {
    const done = await given(tx, events);
    started.push(...done.started);
    return done;
  };
  const done = await database.db.transaction((tx) =>
    work(tx, { policy: healthPolicy, ingest, now: new Date(clock()), undone: () => void (started.length = 0) }),
  );
  await launch(started);
  return done;
}
