import { markRunning } from '../../db/queries/journeys/mark-running.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { Deps } from '../deps.ts';
import { startRun } from './start-run.ts';

/** Starts the run of a journey that is committed as `starting`. When the engine does not answer the row stays, and a dispatcher starts it. */
export async function launch(deps: Deps, row: JourneyRow): Promise<JourneyRow> {
  if (row.endedAt || row.state !== 'starting') return row;
  const { client, config, limits, log, database } = deps;
  try {
    const runId = await startRun(
      { client, taskQueue: config.taskQueue, deadlineMs: limits.startMs, continueEvery: deps.continueEvery },
      row,
    );
    if (runId === undefined) return row;
    await markRunning(database.db, row.id, runId);
    return { ...row, state: 'running', runId };
  } catch (error) {
    log.warn({ journeyId: row.id, error: (error as Error).name }, 'a run could not be started now; a dispatcher will');
    return row;
  }
}
