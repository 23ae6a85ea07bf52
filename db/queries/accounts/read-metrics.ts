import { and, asc, desc, eq, lte } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { metrics } from '../../schema/accounts.ts';

/** The newest value of each metric of an account. */
export async function readMetrics(db: Db | Tx, accountId: string, now: Date): Promise<Record<string, number>> {
  const rows = await db
    .selectDistinctOn([metrics.name], { name: metrics.name, value: metrics.value })
    .from(metrics)
    .where(and(eq(metrics.accountId, accountId), lte(metrics.at, now)))
    .orderBy(asc(metrics.name), desc(metrics.day));
  return Object.fromEntries(rows.map((row) => [row.name, row.value]));
}
