import { randomUUID } from 'node:crypto';
import { and, eq, isNull } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { holds } from '../../schema/index.ts';
import { lockGate } from '../touches/lock-gate.ts';
import { releaseWaiters } from '../waiters/release-waiters.ts';

/** Who places the hold of a journey that holds lower levels back while it is open. */
export const ofJourney = (journeyId: string): string => `journey:${journeyId}`;

const openOf = (i: { journeyId: string; accountId: string }) =>
  and(eq(holds.accountId, i.accountId), eq(holds.by, ofJourney(i.journeyId)), isNull(holds.releasedAt));

/** Holds lower levels back for an account while a journey is open; the hold of another level that it placed before makes way. */
export async function holdForJourney(
  tx: Tx,
  i: { journeyId: string; accountId: string; level: string; reason: string; now: Date; perSecond: number },
): Promise<void> {
  await lockGate(tx, i.accountId);
  const standing = await tx.select({ id: holds.id, level: holds.level }).from(holds).where(openOf(i));
  if (standing.some((one) => one.level === i.level)) return;
  await tx.insert(holds).values({
    id: randomUUID(),
    accountId: i.accountId,
    level: i.level,
    reason: i.reason,
    by: ofJourney(i.journeyId),
    at: i.now,
  });
  for (const { id } of standing) await release(tx, id, i);
}

/** Ends what a journey holds back, and wakes it at the set rate; answers how many journeys will be woken. */
export async function releaseJourneyHold(
  tx: Tx,
  i: { journeyId: string; accountId: string; now: Date; perSecond: number },
): Promise<number> {
  const standing = await tx.select({ id: holds.id }).from(holds).where(openOf(i));
  if (standing.length === 0) return 0;
  await lockGate(tx, i.accountId);
  let woken = 0;
  for (const { id } of standing) woken += await release(tx, id, i);
  return woken;
}

async function release(tx: Tx, id: string, i: { journeyId: string; now: Date; perSecond: number }): Promise<number> {
  const ended = await tx
    .update(holds)
    .set({ releasedAt: i.now, releasedBy: ofJourney(i.journeyId) })
    .where(and(eq(holds.id, id), isNull(holds.releasedAt)))
    .returning({ id: holds.id });
  if (ended.length === 0) return 0;
  return releaseWaiters(tx, { hold: `hold:${id}`, id, now: i.now, perSecond: i.perSecond });
}
