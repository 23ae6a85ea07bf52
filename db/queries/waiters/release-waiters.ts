import { and, asc, eq } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { journeys, waiters } from '../../schema/index.ts';
import { tellJourneys } from '../deliveries/tell-journeys.ts';

/**
 * Wakes what waits on a hold, highest class first and then by the time it has waited, `perSecond` journeys a second. `id` names this release, so that
 * it is told once a journey. Answers how many journeys will be woken.
 */
export async function releaseWaiters(
  tx: Tx,
  i: { hold: string; id: string; now: Date; perSecond: number; journeyId?: string },
): Promise<number> {
  const which = and(eq(waiters.hold, i.hold), i.journeyId ? eq(waiters.journeyId, i.journeyId) : undefined);
  const waiting = await tx
    .select({ journeyId: waiters.journeyId, accountId: journeys.accountId })
    .from(waiters)
    .innerJoin(journeys, eq(journeys.id, waiters.journeyId))
    .where(which)
    .orderBy(asc(waiters.rank), asc(waiters.since), asc(waiters.journeyId));
  const first = [...new Map(waiting.map((w) => [w.journeyId, w])).values()];
  const at = i.now.getTime();
  for (let k = 0; k < first.length; k += 500) {
    await tellJourneys(
      tx,
      first.slice(k, k + 500).map((w, m) => ({
        ...w,
        happening: { t: 'released' as const, id: `released:${i.id}:${w.journeyId}`, hold: i.hold, at },
        notBefore: new Date(at + Math.floor((k + m) / i.perSecond) * 1000),
      })),
      i.now,
    );
  }
  if (first.length > 0) await tx.delete(waiters).where(which);
  return first.length;
}
