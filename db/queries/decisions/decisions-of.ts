import { eq } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { decisions } from '../../schema/journeys.ts';

/** All decisions of one journey, in order of time. */
export function decisionsOf(db: Db | Tx, journeyId: string) {
  return db
    .select()
    .from(decisions)
    .where(eq(decisions.journeyId, journeyId))
    .orderBy(decisions.at, decisions.step, decisions.n);
}
