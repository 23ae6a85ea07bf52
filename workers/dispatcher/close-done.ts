import { readPresent } from '../../api/journeys/present.ts';
import type { Database } from '../../db/database.ts';
import { withOpenTasks } from '../../db/queries/tasks/with-open-tasks.ts';
import { closeOpened } from '../../db/queries/touches/close-opened.ts';
import { holdJourney } from '../../db/queries/touches/lock-journey.ts';

/**
 * Closes what staff need not do any more because of what journeys were just told: their runs write it with their next touch, which may be weeks away.
 */
export async function closeDone({ db }: Database, journeyIds: string[], now: Date): Promise<void> {
  for (const journeyId of await withOpenTasks(db, journeyIds))
    await db.transaction(async (tx) => {
      await holdJourney(tx, journeyId);
      const present = await readPresent(tx, journeyId, now.getTime());
      if (present) await closeOpened(tx, { journeyId, state: present.state, at: now });
    });
}
