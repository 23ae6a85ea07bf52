import { and, eq, isNull } from 'drizzle-orm';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import type { Db } from '../../database.ts';
import { holds } from '../../schema/index.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { lockGate } from '../touches/lock-gate.ts';
import { releaseWaiters } from '../waiters/release-waiters.ts';
import type { HoldRow } from './place-hold.ts';

/** Ends a hold and wakes what waits on it; first release wins. Throws `unknown-item`, `already-decided`. */
export async function releaseHold(
  db: Db,
  i: { id: string; actor: string; reason: string; now: Date; perSecond: number },
): Promise<{ hold: HoldRow; woken: number }> {
  return db.transaction(async (tx) => {
    const [found] = await tx.select().from(holds).where(eq(holds.id, i.id));
    if (!found) throw new TenureError('unknown-item', 'There is no such hold');
    await lockGate(tx, found.accountId);
    const [hold] = await tx
      .update(holds)
      .set({ releasedAt: i.now, releasedBy: i.actor })
      .where(and(eq(holds.id, i.id), isNull(holds.releasedAt)))
      .returning();
    if (!hold) {
      const [now] = await tx.select().from(holds).where(eq(holds.id, i.id));
      const winner = { by: now!.releasedBy, at: now!.releasedAt?.toISOString() ?? null };
      throw new TenureError('already-decided', 'The hold has been released already', { winner });
    }
    const woken = await releaseWaiters(tx, {
      hold: `hold:${hold.id}`,
      id: hold.id,
      now: i.now,
      perSecond: i.perSecond,
    });
    const details = { hold: hold.id, woken };
    await recordAudit(tx, {
      at: i.now,
      actor: i.actor,
      action: 'hold.released',
      target: `account:${hold.accountId}`,
      reason: i.reason,
      details,
    });
    return { hold, woken };
  });
}
