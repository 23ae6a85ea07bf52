import type { Db } from '../../db/database.ts';
import { isUnchanged, journeysStartedAfter, overdueJourneys } from '../../db/queries/housekeeping/open-journeys.ts';
import type { OpenJourney } from '../../db/queries/housekeeping/open-journeys.ts';
import { noteSweep, rewindSweep, sweptUntil } from '../../db/queries/sweeps/sweeps.ts';
import { raiseTask } from '../tasks/raise-task.ts';

/** Whether a run lives this journey. */
export type IsAlive = (journey: { id: string; lock: string }) => Promise<boolean>;

export type ReportLost = {
  isAlive: IsAlive;
  clock: () => number;
  log: { warn(fields: object, message: string): void };
  /** Journeys a page, and real ms that the round may take for those that are not overdue: what it leaves the next one looks at. */
  page?: number;
  mostMs?: number;
};

const OVERDUE_MS = 15 * 60_000;
const SWEEP = 'runs';

/**
 * Looks for the runs of open journeys: of all that are overdue, and in turn of the others, which may wait for nothing but an event. One that is gone (an
 * engineer terminated it, a rehydration died half-way) is put before staff, once: whether its journey goes on is theirs to say. Answers how many are lost.
 */
export async function reportLost(db: Db, i: ReportLost): Promise<number> {
  const { page = 200, mostMs = 10_000 } = i;
  const stop = performance.now() + mostMs;
  let lost = await lostAmong(db, await overdueJourneys(db, new Date(i.clock() - OVERDUE_MS), page), i);
  do {
    const next = await journeysStartedAfter(db, (await sweptUntil(db, SWEEP)) ?? new Date(0), page);
    if (!next) {
      await rewindSweep(db, SWEEP);
      break;
    }
    const found = await lostAmong(db, next.journeys, i);
    await noteSweep(db, { name: SWEEP, completedAt: next.until, started: next.journeys.length, refused: found });
    lost += found;
  } while (performance.now() < stop);
  return lost;
}

async function lostAmong(db: Db, some: OpenJourney[], { isAlive, clock, log }: ReportLost): Promise<number> {
  let lost = 0;
  for (const one of some) {
    if (await isAlive(one)) continue;
    const { id, accountId, runId, owner, playbook } = one;
    const raised = await db.transaction(async (tx) => {
      if (!(await isUnchanged(tx, one))) return false;
      await raiseTask(tx, {
        ...{ journeyId: id, accountId, step: null, n: 0, of: runId, owner, what: 'run-lost', now: clock() },
        title: `${playbook} stands still: its run is gone`,
        instructions: `Journey ${id} is open, but nothing runs it: its run was ended in the engine. Run "npm run rehydrate -- ${id}" to let it go on from what is recorded, and end it after that if it is not wanted any more.`,
      });
      return true;
    });
    if (!raised) continue;
    lost += 1;
    log.warn({ journey: id }, 'the run of an open journey is gone');
  }
  return lost;
}
