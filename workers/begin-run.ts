import type { Client } from '@temporalio/client';
import { startRun } from '../api/journeys/start-run.ts';
import type { Database } from '../db/database.ts';
import { markRunning } from '../db/queries/journeys/mark-running.ts';
import type { JourneyRow } from '../db/schema/journeys.ts';

type Parts = {
  database: Pick<Database, 'db'>;
  client: Client;
  taskQueue: string;
  log: { warn(fields: object, message: string): void };
};

const START_MS = 5_000;

/** Begins the run of a journey that is committed as `starting`, and answers whether the engine took it; one that cannot begin now is begun by the dispatcher. */
export async function beginRun({ database, client, taskQueue, log }: Parts, row: JourneyRow): Promise<boolean> {
  try {
    const runId = await startRun({ client, taskQueue, deadlineMs: START_MS }, row);
    if (runId !== undefined) await markRunning(database.db, row.id, runId);
    return true;
  } catch (error) {
    log.warn({ journeyId: row.id, error: (error as Error).name }, 'a run could not be begun now; the dispatcher will');
    return false;
  }
}
