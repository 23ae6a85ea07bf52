import { and, eq } from 'drizzle-orm';
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

/** What is said about one occurrence of a step. */
export async function decisionOf(tx: Tx, of: { journeyId: string; step: string; n: number }) {
  const [row] = await tx
    .select()
    .from(decisions)
    .where(and(eq(decisions.journeyId, of.journeyId), eq(decisions.step, of.step), eq(decisions.n, of.n)));
  return row;
}
