import { and, asc, eq, gte, lte } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { usageDays } from '../../schema/scores.ts';

/** What an account used, by metric and day (UTC), both ends included. */
export function listUsage(db: Db, filter: { account: string; metric?: string; from: string; to: string }) {
  return db
    .select({ metric: usageDays.metric, day: usageDays.day, amount: usageDays.amount })
    .from(usageDays)
    .where(
      and(
        eq(usageDays.accountId, filter.account),
        filter.metric === undefined ? undefined : eq(usageDays.metric, filter.metric),
        gte(usageDays.day, filter.from),
        lte(usageDays.day, filter.to),
      ),
    )
    .orderBy(asc(usageDays.metric), asc(usageDays.day));
}
