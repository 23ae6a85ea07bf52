import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { messages } from '../../schema/index.ts';
import { statement } from '../../statement.ts';

export type Settlement =
  | { state: 'sent'; providerId: string; receipt: string; at: Date }
  | { state: 'failed'; error: string }
  | { state: 'in-doubt'; error: string };

const attempt = sql.placeholder('attempt');

const unsettled = and(
  eq(messages.id, sql.placeholder('id')),
  inArray(messages.state, ['intended', 'in-doubt']),
  sql`(${attempt}::int is null or (${messages.attempt} = ${attempt}::int and ${messages.leaseUntil} is not null))`,
);

const sent = statement((db) =>
  db
    .update(messages)
    .set({
      state: 'sent',
      providerId: sql`${sql.placeholder('providerId')}`,
      receipt: sql`${sql.placeholder('receipt')}`,
      sentAt: sql`${sql.placeholder('at')}::timestamptz`,
      leaseUntil: null,
      error: null,
    })
    .where(unsettled)
    .returning({ id: messages.id }),
);

const notSent = statement((db) =>
  db
    .update(messages)
    .set({
      state: sql`${sql.placeholder('state')}`,
      error: sql`${sql.placeholder('error')}`,
      leaseUntil: null,
      countsForCap: sql`${messages.countsForCap} and ${sql.placeholder('state')} <> 'failed'`,
    })
    .where(unsettled)
    .returning({ id: messages.id }),
);

/** Writes what became of a message. Changes only what is not settled (by this attempt, when one is named); answers whether it did. */
export async function settleMessage(tx: Tx, id: string, s: Settlement, attempt?: number): Promise<boolean> {
  const by = { id, attempt };
  const changed =
    s.state === 'sent'
      ? await sent(tx, { ...by, providerId: s.providerId, receipt: s.receipt, at: s.at.toISOString() })
      : await notSent(tx, { ...by, state: s.state, error: s.error });
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
