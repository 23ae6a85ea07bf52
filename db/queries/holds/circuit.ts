import { randomUUID } from 'node:crypto';
import { and, eq, isNull, lte } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { stops } from '../../schema/index.ts';
import { releaseWaiters } from '../waiters/release-waiters.ts';
import { lockStops } from '../touches/lock-gate.ts';

/** Who places the automatic stop of a provider that cannot be reached. */
export const CIRCUIT = 'system:circuit';

const ofProvider = (provider: string) =>
  and(eq(stops.by, CIRCUIT), eq(stops.scope, 'provider'), eq(stops.target, provider), isNull(stops.releasedAt));

/** Nobody else tries a provider before `probeAt`; one stop a provider stands, however many find it dead. */
export async function openCircuit(
  tx: Tx,
  i: { provider: string; reason: string; now: Date; probeAt: Date },
): Promise<void> {
  await lockStops(tx);
  const open = await tx
    .update(stops)
    .set({ until: i.probeAt, reason: i.reason })
    .where(ofProvider(i.provider))
    .returning({ id: stops.id });
  if (open.length > 0) return;
  await tx.insert(stops).values({
    id: randomUUID(),
    scope: 'provider',
    target: i.provider,
    reason: i.reason,
    by: CIRCUIT,
    at: i.now,
    until: i.probeAt,
  });
}

/** The right to be the one touch that tries a dead provider again; taken by whoever asks first after its time. */
export async function claimCircuitProbe(tx: Tx, i: { id: string; now: Date; next: Date }): Promise<boolean> {
  const claimed = await tx
    .update(stops)
    .set({ until: i.next })
    .where(and(eq(stops.id, i.id), eq(stops.by, CIRCUIT), isNull(stops.releasedAt), lte(stops.until, i.now)))
    .returning({ id: stops.id });
  return claimed.length > 0;
}

/**
 * A provider answered again: its automatic stop ends and wakes what waits. Answers how many journeys will be woken. Under the lock of stops, so that a
 * touch that is being held by it has either entered itself among the waiters or will see that it is over.
 */
export async function closeCircuit(tx: Tx, i: { provider: string; now: Date; perSecond: number }): Promise<number> {
  await lockStops(tx);
  const closed = await tx
    .update(stops)
    .set({ releasedAt: i.now, releasedBy: CIRCUIT })
    .where(ofProvider(i.provider))
    .returning({ id: stops.id });
  let woken = 0;
  for (const { id } of closed)
    woken += await releaseWaiters(tx, { hold: `provider:${i.provider}`, id, now: i.now, perSecond: i.perSecond });
  return woken;
}
