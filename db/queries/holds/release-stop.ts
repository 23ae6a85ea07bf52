import { and, eq, isNull } from 'drizzle-orm';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import type { Db } from '../../database.ts';
import { stops } from '../../schema/index.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { lockStops } from '../touches/lock-gate.ts';
import { releaseWaiters } from '../waiters/release-waiters.ts';
import { CIRCUIT } from './circuit.ts';
import type { StopRow } from './place-stop.ts';

/** Ends a stop and wakes what waits on it at a set rate; first release wins. Throws `unknown-item`, `already-decided`. */
export async function releaseStop(
  db: Db,
  i: { id: string; actor: string; reason: string; now: Date; perSecond: number },
): Promise<{ stop: StopRow; woken: number }> {
  return db.transaction(async (tx) => {
    await lockStops(tx);
    const [stop] = await tx
      .update(stops)
      .set({ releasedAt: i.now, releasedBy: i.actor })
      .where(and(eq(stops.id, i.id), isNull(stops.releasedAt)))
      .returning();
    if (!stop) {
      const [found] = await tx.select().from(stops).where(eq(stops.id, i.id));
      if (!found) throw new TenureError('unknown-item', 'There is no such stop');
      const winner = { by: found.releasedBy, at: found.releasedAt?.toISOString() ?? null };
      throw new TenureError('already-decided', 'The stop has been released already', { winner });
    }
    const hold = stop.by === CIRCUIT ? `provider:${stop.target}` : `stop:${stop.id}`;
    const woken = await releaseWaiters(tx, { hold, id: stop.id, now: i.now, perSecond: i.perSecond });
    const details = { stop: stop.id, scope: stop.scope, target: stop.target, woken };
    await recordAudit(tx, {
      at: i.now,
      actor: i.actor,
      action: 'stop.released',
      target: `stop:${stop.id}`,
      reason: i.reason,
      details,
    });
    return { stop, woken };
  });
}
