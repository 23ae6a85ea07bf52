import { and, count, eq, isNull, lte } from 'drizzle-orm';
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
