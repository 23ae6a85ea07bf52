import { and, asc, eq, gt, inArray, isNull, like, max } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { deliveries, journeys, waiters } from '../../schema/index.ts';
import { tellJourneys } from '../deliveries/tell-journeys.ts';

/** How many journeys a second wake where nobody says otherwise. */
export const RELEASE_PER_SECOND = 5;

/**
 * Wakes what waits on a hold, highest class first and then by the time it has waited, `perSecond` journeys a second. `id` names this release, so that
 * it is told once a journey. Answers how many journeys will be woken.
 */
export async function releaseWaiters(
  tx: Tx,
  i: { hold: string; id: string; now: Date; perSecond: number; journeyId?: string },
): Promise<number> {
  return wake(tx, [i.hold], { ...i, from: i.now, idOf: () => i.id });
}

/**
 * The same for holds that end together: one queue for all of them, behind what earlier releases have yet to wake, so that many small holds cause no
 * more of a burst than one large one.
 */
export async function releaseAllWaiters(tx: Tx, i: { holds: string[]; now: Date; perSecond: number }): Promise<number> {
  if (i.holds.length === 0) return 0;
  const [last] = await tx
    .select({ at: max(deliveries.notBefore) })
    .from(deliveries)
    .where(
      and(isNull(deliveries.deliveredAt), gt(deliveries.notBefore, i.now), like(deliveries.causeId, 'released:%')),
    );
  const from = last?.at ? new Date(last.at.getTime() + Math.ceil(1000 / i.perSecond)) : i.now;
  return wake(
    tx,
    i.holds.map((id) => `hold:${id}`),
    { ...i, from, idOf: (hold) => hold.slice('hold:'.length) },
  );
}

type Wake = { now: Date; from: Date; perSecond: number; journeyId?: string; idOf: (hold: string) => string };

async function wake(tx: Tx, holds: string[], i: Wake): Promise<number> {
  const which = and(inArray(waiters.hold, holds), i.journeyId ? eq(waiters.journeyId, i.journeyId) : undefined);
  const waiting = await tx
    .select({ hold: waiters.hold, journeyId: waiters.journeyId, accountId: journeys.accountId })
    .from(waiters)
    .innerJoin(journeys, eq(journeys.id, waiters.journeyId))
    .where(which)
    .orderBy(asc(waiters.rank), asc(waiters.since), asc(waiters.journeyId));
  const first = [...new Map(waiting.map((w) => [`${w.journeyId} ${w.hold}`, w])).values()];
  const from = i.from.getTime();
  for (let k = 0; k < first.length; k += 500) {
    await tellJourneys(
      tx,
      first.slice(k, k + 500).map(({ hold, journeyId, accountId }, m) => ({
        journeyId,
        accountId,
        happening: { t: 'released' as const, id: `released:${i.idOf(hold)}:${journeyId}`, hold, at: i.now.getTime() },
        notBefore: new Date(from + Math.floor((k + m) / i.perSecond) * 1000),
      })),
      i.now,
    );
  }
  if (first.length > 0) await tx.delete(waiters).where(which);
  return first.length;
}
