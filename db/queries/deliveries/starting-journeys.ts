import { and, asc, eq, isNull, lt } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { journeys } from '../../schema/index.ts';

/** Journeys whose start was stored before `before` and never came to a run. */
export function startingJourneys(db: Db, before: Date, limit: number) {
  return db
    .select()
    .from(journeys)
    .where(and(eq(journeys.state, 'starting'), isNull(journeys.endedAt), lt(journeys.startedAt, before)))
    .orderBy(asc(journeys.startedAt))
    .limit(limit);
}
