import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { grpcCode } from '../../api/commands/send-update.ts';
import { startRun } from '../../api/journeys/start-run.ts';
import type { Database } from '../../db/database.ts';
import { startingJourneys } from '../../db/queries/deliveries/starting-journeys.ts';
import { markRunning } from '../../db/queries/journeys/mark-running.ts';
import type { BackOff } from './back-off.ts';

const PATIENCE_MS = 2_000;
const START_MS = 5_000;
const PAGE = 50;

/** The engine is away or too busy: whoever waits behind would hear the same. */
const AWAY = new Set([1, 4, 8, 14]);

/** How long to leave a start alone that was looked at so many times, ms: two seconds, twice as long each time, at most ten minutes. */
export const startAgainMs = (times: number): number => Math.min((PATIENCE_MS / 2) * 2 ** times, 600_000);

/**
 * Starts the runs of journeys that were stored and whose starter died before it could. Those that the engine refuses, or whose lock an earlier run still
 * has, are left alone for a while in favour of the others. Throws when the engine does not answer.
 */
export async function finishStarts(d: {
  database: Database;
  client: Client;
  taskQueue: string;
  looked: BackOff;
  log: Pick<Logger, 'warn'>;
  now: Date;
}): Promise<void> {
  const before = new Date(d.now.getTime() - PATIENCE_MS);
  for (const row of await startingJourneys(d.database.db, { not: d.looked.waiting(), limit: PAGE }))
    try {
      // Its starter may be at it. In rehearsals the clock stands still: what was looked at some time ago is old enough, too.
      if (row.startedAt >= before && d.looked.add(row.id) === 0) continue;
      const runId = await startRun({ client: d.client, taskQueue: d.taskQueue, deadlineMs: START_MS }, row);
      if (runId === undefined) d.looked.add(row.id);
      else await markRunning(d.database.db, row.id, runId);
    } catch (error) {
      const code = grpcCode(error);
      if (code !== undefined && AWAY.has(code)) throw error;
      d.looked.add(row.id);
      if (code === undefined) throw error;
      d.log.warn({ journey: row.id, code }, 'the engine refuses to start a run');
    }
}
