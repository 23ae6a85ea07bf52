import { asc, inArray } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { scoreRequests } from '../../schema/scores.ts';

/** Asks for accounts to be scored, in the transaction of the events that are the cause; the same event asks once. */
export async function requestScores(tx: Tx, rows: { accountId: string; eventId: string; at: Date }[]): Promise<void> {
  if (rows.length > 0) await tx.insert(scoreRequests).values(rows).onConflictDoNothing();
}

/** Takes some requests, the oldest first; another worker's are left to it. */
export function claimRequests(tx: Tx, limit: number) {
  return tx
    .select()
    .from(scoreRequests)
    .orderBy(asc(scoreRequests.seq))
    .limit(limit)
    .for('update', { skipLocked: true });
}

/** Forgets requests that were met. */
export async function dropRequests(tx: Tx, seqs: number[]): Promise<void> {
  if (seqs.length > 0) await tx.delete(scoreRequests).where(inArray(scoreRequests.seq, seqs));
}
