import { sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';

/** Forgets ids of usage events seen before that, at most `limit`; returns how many. */
export async function purgeSeen(db: Db, before: Date, limit: number): Promise<number> {
  const rows = await db.execute(sql`
    with old as (select id from usage_seen where seen_at < ${before.toISOString()}::timestamptz order by seen_at limit ${limit}),
    gone as (delete from usage_seen s using old where s.id = old.id returning 1)
    select count(*)::int as n from gone`);
  return Number(rows[0]?.n ?? 0);
}
