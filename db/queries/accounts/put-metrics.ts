import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import type { metrics } from '../../schema/accounts.ts';

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
  await tx.execute(sql`
    insert into metrics (account_id, name, day, value, at)
    select "accountId", name, day, value, at from jsonb_to_recordset(${JSON.stringify([...newest.values()])}::jsonb)
      as r("accountId" text, name text, day date, value float8, at timestamptz) order by "accountId", name, day
    on conflict (account_id, name, day) do update set value = excluded.value, at = excluded.at where excluded.at >= metrics.at`);
}
