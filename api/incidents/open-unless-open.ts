import type { Db, Tx } from '../../db/database.ts';
import { LostTheRace, openIncident } from './open-incident.ts';
import type { OpenIncident, Opened } from './open-incident.ts';

const TRIES = 3;

/** Runs a transaction that opens an incident; one that lost the race for its key runs again, and finds the winner. */
export async function unlessLost<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left--) {
    try {
      return await db.transaction(work);
    } catch (error) {
      if (!(error instanceof LostTheRace) || left === 0) throw error;
    }
  }
}

/** Opens an incident, or answers the one that is open under its key. */
export const openUnlessOpen = (db: Db, opening: (tx: Tx) => Promise<OpenIncident>): Promise<Opened> =>
  unlessLost(db, async (tx) => openIncident(tx, await opening(tx)));
