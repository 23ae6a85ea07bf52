import { sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';

/** The day on which the sum of all older days stands. */
const BEFORE = '1970-01-01';

const dayOf = (moment: Date) => sql`${moment.toISOString().slice(0, 10)}::date`;

/** Adds up what was used on days before that, at most `limit` of them, and answers how many: what was ever used stays known as one sum for account and metric. */
export async function foldUsage(db: Db, before: Date, limit: number): Promise<number> {
  const [row] = await db.execute<{ n: number }>(sql`
    with old as (select ctid from usage_days where day < ${dayOf(before)} and day > ${BEFORE}::date order by day limit ${limit}),
    gone as (delete from usage_days u using old where u.ctid = old.ctid returning u.account_id, u.metric, u.amount),
    kept as (
      insert into usage_days (account_id, metric, day, amount)
      select account_id, metric, ${BEFORE}::date, sum(amount) from gone group by account_id, metric order by account_id, metric
      on conflict (account_id, metric, day) do update set amount = usage_days.amount + excluded.amount)
    select count(*)::int as n from gone`);
  return row!.n;
}

/** Forgets values of metrics of days before that, at most `limit`, but for the newest of an account and name; answers how many. */
export async function purgeMetrics(db: Db, before: Date, limit: number): Promise<number> {
  const [row] = await db.execute<{ n: number }>(sql`
    with old as (
      select m.ctid from metrics m where m.day < ${dayOf(before)} and exists (
        select 1 from metrics n where n.account_id = m.account_id and n.name = m.name and n.day > m.day)
      order by m.day limit ${limit}),
    gone as (delete from metrics m using old where m.ctid = old.ctid returning 1)
    select count(*)::int as n from gone`);
  return row!.n;
}
