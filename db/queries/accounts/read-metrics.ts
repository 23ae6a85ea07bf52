import { sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';

/** The newest value of each metric of an account at `now`. One probe of the index for each name: reading every day of every metric grows with the account's age. */
export async function newestMetrics(
  db: Db | Tx,
  accountId: string,
  now: Date,
): Promise<{ name: string; value: number }[]> {
  const rows = await db.execute<{ name: string; value: number }>(sql`
    with recursive names as (
      (select name from metrics where account_id = ${accountId} order by name limit 1)
      union all
      select (select m.name from metrics m where m.account_id = ${accountId} and m.name > n.name order by m.name limit 1) from names n
      where n.name is not null)
    select n.name, newest.value from names n cross join lateral (
      select m.value from metrics m where m.account_id = ${accountId} and m.name = n.name and m.at <= ${now.toISOString()}::timestamptz
      order by m.day desc limit 1) newest
    where n.name is not null`);
  return [...rows];
}

/** The same, by name. */
export async function readMetrics(db: Db | Tx, accountId: string, now: Date): Promise<Record<string, number>> {
  return Object.fromEntries((await newestMetrics(db, accountId, now)).map((row) => [row.name, row.value]));
}
