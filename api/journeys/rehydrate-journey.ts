import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { Db } from '../../db/database.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { markRunning } from '../../db/queries/journeys/mark-running.ts';
import { followProgram } from '../../db/queries/programs/follow-program.ts';
import { readJourney } from '../../db/queries/journeys/read-journey.ts';
import { writeFolded } from '../../db/queries/journeys/rehydrate-journey.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { State } from '../../workflows/contracts/journey.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { openRun } from './open-run.ts';
import { present } from './present.ts';
import { startRun } from './start-run.ts';

export type RehydrateDeps = {
  db: Db;
  client: Client;
  taskQueue: string;
  clock: () => number;
  actor: string;
  reason: string;
};
export type Rehydrated =
  { id: string; is: 'restarted'; runId: string; terminated: boolean } | { id: string; is: 'ended' | 'starting' };

const DEADLINE_MS = 10_000;

/**
 * Starts an open journey anew from all that is recorded of it, under the same lock and id; a run that is there is terminated first.
 * What was being sent waits again in the new run: the ledger knows whether it left.
 */
export async function rehydrateJourney(deps: RehydrateDeps, id: string): Promise<Rehydrated> {
  const { db, client, taskQueue, clock, actor, reason } = deps;
  const row = await readJourney(db, id);
  if (!row) throw new TenureError('unknown-journey', 'There is no such journey.', { journey: id });
  if (row.endedAt) return { id, is: 'ended' };
  const terminated = await terminateRun(client, row, reason);
  // Read again: the run may have written until it was terminated.
  const last = (await readJourney(db, id))!;
  if (last.endedAt) return { id, is: 'ended' };
  const { state, kernel, now } = await present(db, last, clock());
  const resting = atRest(state);
  const moved = await db.transaction(async (tx) => {
    if (!(await writeFolded(tx, { id, rev: last.rev, state: resting, at: new Date(now) }))) return false;
    // A migration that only the run had heard of is in the new run from its start.
    if (state.program !== undefined) await followProgram(tx, id, state.program);
    await recordAudit(tx, {
      at: new Date(clock()),
      actor,
      action: 'journey.rehydrate',
      target: `journey:${id}`,
      reason,
      details: { rev: resting.rev, terminated },
    });
    return true;
  });
  if (!moved) return rehydrateJourney(deps, id);
  const runId = await startRun(
    { client, taskQueue, deadlineMs: DEADLINE_MS },
    {
      ...last,
      timetable: kernel.timetable,
      snapshot: resting,
    },
  );
  if (runId === undefined) return { id, is: 'starting' };
  await markRunning(db, id, runId);
  return { id, is: 'restarted', runId, terminated };
}

async function terminateRun(client: Client, row: JourneyRow, reason: string): Promise<boolean> {
  const runId = await openRun(client, row);
  if (runId === undefined) return false;
  return client.withDeadline(Date.now() + DEADLINE_MS, async () => {
    try {
      await client.workflow.getHandle(row.lock, runId).terminate(`rehydrate: ${reason}`);
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  });
}

/** No run, no activity: what the state has in flight waits for its due date again. */
function atRest(state: State): State {
  const steps = Object.fromEntries(
    Object.entries(state.steps).map(([id, s]) => [id, s.st === 'sending' ? { ...s, st: 'waiting' as const } : s]),
  );
  return { ...state, rev: state.rev + 1, steps };
}
