import { sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { releaseAllWaiters } from '../waiters/release-waiters.ts';

const ACTOR = 'system:housekeeping';

/**
 * Ends holds whose time is over, and wakes what waits on them at the set rate; answers how many. Several may do this at once: each hold is ended once.
 * A touch that saw a hold just before its end and enters itself as waiting just after is woken by its own re-check.
 */
export async function releaseOverHolds(
  db: Db,
  i: { now: Date; perSecond: number; limit?: number },
): Promise<{ released: number; woken: number }> {
  return db.transaction(async (tx) => {
    const at = sql`${i.now.toISOString()}::timestamptz`;
    const over = await tx.execute<{ id: string; account_id: string; level: string }>(sql`
      update holds set released_at = ${at}, released_by = ${ACTOR} where id in (
        select id from holds where released_at is null and until <= ${at} order by until limit ${i.limit ?? 500}
        for update skip locked)
      returning id, account_id, level`);
    if (over.length === 0) return { released: 0, woken: 0 };
    const woken = await releaseAllWaiters(tx, { ...i, holds: over.map((one) => one.id) });
    const entries = over.map((one) => ({
      ...{ at: i.now, actor: ACTOR, action: 'hold.released', reason: 'its time is over' },
      target: `account:${one.account_id}`,
      details: { hold: one.id, level: one.level },
    }));
    await recordAudit(tx, ...entries);
    return { released: over.length, woken };
  });
}
