import type { Db } from '../../db/database.ts';
import { isUnchanged, overdueJourneys } from '../../db/queries/housekeeping/overdue-journeys.ts';
import { raiseTask } from '../tasks/raise-task.ts';

/** Whether a run lives this journey. */
export type IsAlive = (journey: { id: string; lock: string }) => Promise<boolean>;

const OVERDUE_MS = 15 * 60_000;

/**
 * Looks for the runs of journeys that are overdue. One that is gone (an engineer terminated it, a rehydration died half-way) is put before staff, once a
 * step: whether its journey goes on is theirs to say. Answers how many are lost.
 */
export async function reportLost(
  db: Db,
  i: { isAlive: IsAlive; clock: () => number; limit: number; log: { warn(fields: object, message: string): void } },
): Promise<number> {
  let lost = 0;
  for (const one of await overdueJourneys(db, new Date(i.clock() - OVERDUE_MS), i.limit)) {
    if (await i.isAlive(one)) continue;
    const { id, accountId, step, n, owner, playbook } = one;
    const raised = await db.transaction(async (tx) => {
      if (!(await isUnchanged(tx, one))) return false;
      await raiseTask(tx, {
        ...{ journeyId: id, accountId, step, n, owner, what: 'run-lost', now: i.clock() },
        title: `${playbook} stands still: its run is gone`,
        instructions: `Journey ${id} is open and ${step} is overdue, but nothing runs it: its run was ended in the engine. Run "npm run rehydrate -- ${id}" to let it go on from what is recorded, and end it after that if it is not wanted any more.`,
      });
      return true;
    });
    if (!raised) continue;
    lost += 1;
    i.log.warn({ journey: id, step }, 'the run of an open journey is gone');
  }
  return lost;
}
