import { and, eq } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { waiters } from '../../schema/index.ts';

/** Enters a touch among those that a hold's end wakes; it waits on one thing at a time. */
export async function waitOn(
  tx: Tx,
  w: { hold: string; journeyId: string; step: string; rank: number; since: Date; recheck: Date },
): Promise<void> {
  await leaveWaiters(tx, w);
  await tx.insert(waiters).values(w);
}

/** A touch that waits no longer: it was decided. */
export async function leaveWaiters(tx: Tx, by: { journeyId: string; step: string }): Promise<void> {
  await tx.delete(waiters).where(and(eq(waiters.journeyId, by.journeyId), eq(waiters.step, by.step)));
}

/** Nothing of an ended journey waits. */
export async function forgetWaiters(tx: Tx, journeyId: string): Promise<void> {
  await tx.delete(waiters).where(eq(waiters.journeyId, journeyId));
}
