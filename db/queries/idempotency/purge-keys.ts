import { sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';

/** Deletes expired keys, at most `limit`; returns how many. */
export async function purgeKeys(db: Db, now: Date, limit: number): Promise<number> {
  const rows = await db.execute(sql`
    delete from idempotency_keys where (caller, key) in (
      select caller, key from idempotency_keys where expires_at <= ${now.toISOString()}::timestamptz order by expires_at limit ${limit}
    ) returning 1`);
  return rows.length;
}
