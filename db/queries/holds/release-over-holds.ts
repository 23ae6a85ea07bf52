import { sql } from 'drizzle-orm';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import type { Db } from '../../database.ts';
import { overStops } from '../housekeeping/over-holds.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { releaseAllWaiters } from '../waiters/release-waiters.ts';
import { releaseStop } from './release-stop.ts';

const ACTOR = 'system:housekeeping';
const REASON = 'its time is over';

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
      ...{ at: i.now, actor: ACTOR, action: 'hold.released', reason: REASON },
      target: `account:${one.account_id}`,
      details: { hold: one.id, level: one.level },
    }));
    await recordAudit(tx, ...entries);
    return { released: over.length, woken };
  });
}

/** Ends stops whose time is over, and wakes what waits on them at the set rate; answers how many. */
export async function releaseOverStops(
  db: Db,
  i: { now: Date; perSecond: number; limit?: number },
): Promise<{ released: number; woken: number }> {
  const over = { released: 0, woken: 0 };
  for (const id of await overStops(db, i.now, i.limit ?? 100))
    try {
      over.woken += (await releaseStop(db, { ...i, id, actor: ACTOR, reason: REASON })).woken;
      over.released += 1;
    } catch (error) {
      // Somebody released it meanwhile.
      if (!(error instanceof TenureError)) throw error;
    }
  return over;
}
