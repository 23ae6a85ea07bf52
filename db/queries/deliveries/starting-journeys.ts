import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { journeys } from '../../schema/index.ts';

/** Journeys whose start was stored and has not come to a run, the oldest first, but for those in `not`. */
export function startingJourneys(db: Db, { not, limit }: { not: string[]; limit: number }) {
  return db
    .select()
    .from(journeys)
    .where(
      and(
        eq(journeys.state, 'starting'),
        isNull(journeys.endedAt),
        sql`${journeys.id} <> all(${sql.param(not)}::uuid[])`,
      ),
    )
    .orderBy(asc(journeys.startedAt))
    .limit(limit);
}
