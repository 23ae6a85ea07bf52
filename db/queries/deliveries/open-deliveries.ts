import { and, count, desc, eq, isNotNull, isNull, lte } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { deliveries } from '../../schema/index.ts';

/** How many happenings a run has yet to be told of at `now`. */
export async function openDeliveries(db: Db, journeyId: string, now: Date): Promise<number> {
  const [row] = await db
    .select({ n: count() })
    .from(deliveries)
    .where(and(eq(deliveries.journeyId, journeyId), isNull(deliveries.deliveredAt), lte(deliveries.notBefore, now)));
  return row!.n;
}

/** The id of what a run was told last; undefined when it was told nothing. */
export async function lastTold(db: Db, journeyId: string): Promise<string | undefined> {
  const taken = and(eq(deliveries.journeyId, journeyId), isNotNull(deliveries.deliveredAt), isNull(deliveries.note));
  const [row] = await db
    .select({ id: deliveries.causeId })
    .from(deliveries)
    .where(taken)
    .orderBy(desc(deliveries.seq))
    .limit(1);
  return row?.id;
}
