import { sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { crmLooks } from '../../schema/index.ts';
import type { CrmKind } from './untold.ts';

export type Look = {
  /** Look at what transactions from here on have touched; null: at everything. */
  from: string | null;
  /** From where the next look goes on when this one has come to its end. */
  until: string;
  wholeAt: Date;
};

/**
 * Begins to look over the objects of a kind. `until` is the oldest transaction that has not ended: what such a one commits later bears its number, so
 * that the next look sees it. Everything is looked at the first time, when `wholeBefore` was the last time, and in a database that was restored
 * elsewhere, where the numbers of transactions begin anew.
 */
export async function beginLook(db: Db, i: { kind: CrmKind; now: Date; wholeBefore: Date }): Promise<Look> {
  const [row] = await db.execute<{ seen: string | null; whole_at: string | Date | null; until: string }>(sql`
    select s.until::text, l.seen::text, l.whole_at
    from (select pg_snapshot_xmin(pg_current_snapshot()) as until) s
    left join crm_looks l on l.kind = ${i.kind} and l.seen <= s.until`);
  const wholeAt = row!.whole_at === null ? undefined : new Date(row!.whole_at);
  const known = row!.seen !== null && wholeAt !== undefined && wholeAt > i.wholeBefore;
  return known ? { from: row!.seen, until: row!.until, wholeAt } : { from: null, until: row!.until, wholeAt: i.now };
}

/** Notes a look that has come to its end with nothing left over. */
export async function endLook(db: Db, kind: CrmKind, { until: seen, wholeAt }: Look): Promise<void> {
  await db
    .insert(crmLooks)
    .values({ kind, seen, wholeAt })
    .onConflictDoUpdate({ target: crmLooks.kind, set: { seen, wholeAt } });
}
