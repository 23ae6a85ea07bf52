import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { metrics } from '../../schema/accounts.ts';

export type Metric = { accountId: string; name: string; value: number; at: Date };

/** Writes metrics by day (UTC); of several of one day the one with the newest time stands, however they arrive. */
export async function putMetrics(tx: Tx, values: Metric[]): Promise<void> {
  const newest = new Map<string, typeof metrics.$inferInsert>();
  for (const value of values) {
    const day = value.at.toISOString().slice(0, 10);
    const key = `${value.accountId} ${value.name} ${day}`;
    const before = newest.get(key);
    if (!before || before.at <= value.at) newest.set(key, { ...value, day });
  }
  if (newest.size === 0) return;
  await tx
    .insert(metrics)
    .values([...newest.values()])
    .onConflictDoUpdate({
      target: [metrics.accountId, metrics.name, metrics.day],
      set: { value: sql`excluded.value`, at: sql`excluded.at` },
      setWhere: sql`excluded.at >= ${metrics.at}`,
    });
}
