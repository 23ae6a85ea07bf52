import { and, eq, inArray, isNotNull, isNull } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { messages } from '../../schema/index.ts';

export type Settlement =
  | { state: 'sent'; providerId: string; receipt: string; at: Date }
  | { state: 'failed'; error: string }
  | { state: 'in-doubt'; error: string };

const UNSETTLED = ['intended', 'in-doubt'];

/** Writes what became of a message. Changes only what is not settled (by this attempt, when one is named); answers whether it did. */
export async function settleMessage(tx: Tx, id: string, s: Settlement, attempt?: number): Promise<boolean> {
  const set =
    s.state === 'sent'
      ? { state: s.state, providerId: s.providerId, receipt: s.receipt, sentAt: s.at, leaseUntil: null, error: null }
      : { state: s.state, error: s.error, leaseUntil: null, ...(s.state === 'failed' ? { countsForCap: false } : {}) };
  const changed = await tx
    .update(messages)
    .set(set)
    .where(
      and(
        eq(messages.id, id),
        inArray(messages.state, UNSETTLED),
        attempt === undefined ? undefined : and(eq(messages.attempt, attempt), isNotNull(messages.leaseUntil)),
      ),
    )
    .returning({ id: messages.id });
  return changed.length > 0;
}

/** Ends the lease of an attempt that is proven not to have sent; the reservation itself stays for the next attempt. */
export async function endLease(tx: Tx, id: string, attempt: number, error: string): Promise<void> {
  await tx
    .update(messages)
    .set({ leaseUntil: null, error })
    .where(and(eq(messages.id, id), eq(messages.attempt, attempt), eq(messages.state, 'intended')));
}

/** Forgets a reservation that is proven not to have left, so that a later attempt decides from the start; approved words stay, as the draft that they were. */
export async function releaseMessage(tx: Tx, id: string): Promise<void> {
  const reserved = and(eq(messages.id, id), eq(messages.state, 'intended'));
  const gone = await tx
    .delete(messages)
    .where(and(reserved, isNull(messages.approvalBy)))
    .returning({ id: messages.id });
  if (gone.length > 0) return;
  await tx.update(messages).set({ state: 'draft', leaseUntil: null, countsForCap: false }).where(reserved);
}

/** Forgets what an ended journey reserved and is proven not to have sent; what was approved is withdrawn. */
export async function forgetReserved(tx: Tx, journeyId: string): Promise<void> {
  const reserved = and(eq(messages.journeyId, journeyId), eq(messages.state, 'intended'), isNull(messages.leaseUntil));
  await tx.delete(messages).where(and(reserved, isNull(messages.approvalBy)));
  await tx.update(messages).set({ state: 'withdrawn', countsForCap: false }).where(reserved);
}
