import { eq } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { commands } from '../../schema/journeys.ts';

/** All commands ever given to one journey, in the order in which they came. */
export function commandsOf(db: Db | Tx, journeyId: string) {
  return db.select().from(commands).where(eq(commands.journeyId, journeyId)).orderBy(commands.receivedAt);
}
