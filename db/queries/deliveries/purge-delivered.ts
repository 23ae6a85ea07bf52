import { sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';

/** Forgets tellings that runs took before that, at most `limit`; what they told of stays as events and facts. Returns how many. */
export async function purgeDelivered(db: Db, before: Date, limit: number): Promise<number> {
  const rows = await db.execute(sql`
    with old as (
      select d.seq from deliveries d join journeys j on j.id = d.journey_id
      where d.delivered_at < ${before.toISOString()}::timestamptz and (j.ended_at is not null or d.delivered_at < j.snapshot_at)
      order by d.delivered_at limit ${limit}),
    gone as (delete from deliveries d using old where d.seq = old.seq returning 1)
    select count(*)::int as n from gone`);
  return Number(rows[0]?.n ?? 0);
}
