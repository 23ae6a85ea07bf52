import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import type { Db } from '../../database.ts';
import { stops } from '../../schema/index.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { awaitInFlight } from '../ledger/in-flight.ts';
import type { InFlightScope } from '../ledger/in-flight.ts';
import { placedBefore } from './placed-before.ts';
import { lockStops } from '../touches/lock-gate.ts';

export type StopRow = typeof stops.$inferSelect;
export type StopScope = 'global' | 'channel' | 'provider' | 'playbook';

/**
 * Lets nothing leave at all: everywhere, on a channel, by a provider or of a playbook. Effective with its commit; answers once what was at a provider
 * has settled, and how many messages had not. Throws `invalid-request`, `invalid-date`.
 */
export async function placeStop(
  db: Db,
  i: {
    /** The same for a repetition, which finds the stop placed; default random. */
    id?: string;
    scope: StopScope;
    target?: string | null;
    reason: string;
    until?: Date | null;
    actor: string;
    now: Date;
    patienceMs?: number;
  },
): Promise<{ stop: StopRow; inFlight: number }> {
  if (i.until && i.until <= i.now)
    throw new TenureError('invalid-date', 'A stop must end in the future.', {
      errors: [{ pointer: '/until', detail: 'not in the future' }],
    });
  if ((i.scope === 'global') !== !i.target)
    throw new TenureError('invalid-request', 'A global stop has no target; every other stop names what it stops');
  const target = i.target ?? null;
  const id = i.id ?? randomUUID();
  const stop = await db.transaction(async (tx) => {
    await lockStops(tx);
    const [row] = await tx
      .insert(stops)
      .values({
        id,
        scope: i.scope,
        target,
        reason: i.reason,
        by: i.actor,
        at: i.now,
        until: i.until ?? null,
      })
      .onConflictDoNothing()
      .returning();
    if (!row) return placedBefore(await tx.select().from(stops).where(eq(stops.id, id)), i.now);
    const details = { stop: row.id, scope: i.scope, target, until: i.until?.toISOString() ?? null };
    await recordAudit(tx, {
      at: i.now,
      actor: i.actor,
      action: 'stop.placed',
      target: `stop:${row.id}`,
      reason: i.reason,
      details,
    });
    return row;
  });
  const scope: InFlightScope = i.scope === 'global' ? {} : { [i.scope]: i.target! };
  return { stop, inFlight: await awaitInFlight(db, scope, i.now, i.patienceMs ?? 13_000) };
}
