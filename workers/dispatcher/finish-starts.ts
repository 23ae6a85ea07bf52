import type { Client } from '@temporalio/client';
import { grpcCode } from '../../api/commands/send-update.ts';
import { startRun } from '../../api/journeys/start-run.ts';
import type { Database } from '../../db/database.ts';
import { startingJourneys } from '../../db/queries/deliveries/starting-journeys.ts';
import { markRunning } from '../../db/queries/journeys/mark-running.ts';

const PATIENCE_MS = 2_000;
const START_MS = 5_000;

/** The engine is away or too busy: whoever waits behind would hear the same. */
const AWAY = new Set([1, 4, 8, 14]);

/**
 * Starts the runs of journeys that were stored and whose starter died before it could; answers how many. One that the engine refuses keeps none of the
 * others from being started; it is thrown afterwards. Throws at once when the engine does not answer.
 */
export async function finishStarts(d: {
  database: Database;
  client: Client;
  taskQueue: string;
  now: Date;
}): Promise<number> {
  const waiting = await startingJourneys(d.database.db, new Date(d.now.getTime() - PATIENCE_MS), 50);
  const refused: unknown[] = [];
  let started = 0;
  for (const row of waiting)
    try {
      const runId = await startRun({ client: d.client, taskQueue: d.taskQueue, deadlineMs: START_MS }, row);
      if (runId === undefined) continue;
      await markRunning(d.database.db, row.id, runId);
      started++;
    } catch (error) {
      const code = grpcCode(error);
      if (code === undefined || AWAY.has(code)) throw error;
      refused.push(error);
    }
  if (refused.length > 0) throw refused[0];
  return started;
}
