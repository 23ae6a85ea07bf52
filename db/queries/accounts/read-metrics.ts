import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { statement } from '../../statement.ts';

export type NewestMetric = { name: string; value: number };

/** The newest value of each metric of an account at a moment. One probe of the index for each name: reading every day of every metric grows with the account's age. */
export const newestMetricsOf = (accountId: unknown, now: SQL): SQL<NewestMetric[]> => sql`
  with recursive names as (
    (select name from metrics where account_id = ${accountId} order by name limit 1)
    union all
    select (select m.name from metrics m where m.account_id = ${accountId} and m.name > n.name order by m.name limit 1) from names n
    where n.name is not null)
  select n.name, newest.value from names n cross join lateral (
    select m.value from metrics m where m.account_id = ${accountId} and m.name = n.name and m.at <= ${now}
    order by m.day desc limit 1) newest
  where n.name is not null`;

const newest = statement<NewestMetric[]>(() =>
  newestMetricsOf(sql.placeholder('accountId'), sql`${sql.placeholder('now')}::timestamptz`),
);

/** The newest value of each metric of an account at `now`, by name. */
export async function readMetrics(db: Db | Tx, accountId: string, now: Date): Promise<Record<string, number>> {
  const rows = await newest(db, { accountId, now: now.toISOString() });
  return Object.fromEntries(rows.map((row) => [row.name, row.value]));
}
