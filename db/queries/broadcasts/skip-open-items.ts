import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { Tx } from '../../database.ts';

/**
 * Says why nobody whom these notices (`b`) have not told yet is told any more; answers how many those are. An item whose message is reserved is left out:
 * it may have left, and whoever sends or looks at it next says what became of it.
 */
export async function skipOpenItems(
  tx: Tx,
  i: { of: SQL; reason: 'stale' | 'superseded'; now: Date },
): Promise<number> {
  // Held by a statement before the one that reads the ledger: whoever is reserving one of them has committed, and is seen.
  await tx.execute(sql`
    select 1 from broadcast_items i join broadcasts b on b.id = i.broadcast_id
    where ${i.of} and i.outcome is null order by i.broadcast_id, i.position for update of i`);
  const skipped = await tx.execute(sql`
    update broadcast_items i set outcome = 'skipped', reason = ${i.reason}, at = ${i.now.toISOString()}::timestamptz, recheck = null
    from broadcasts b
    where b.id = i.broadcast_id and ${i.of} and i.outcome is null and not exists (
      select 1 from messages m
      where m.journey_id = b.journey_id and m.step = b.step and m.n = b.n and m.account_id = i.account_id
        and m.state = 'intended' and m.lease_until is not null)
    returning 1`);
  return skipped.length;
}
