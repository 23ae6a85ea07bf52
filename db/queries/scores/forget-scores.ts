import { and, inArray, lt } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { scores } from '../../schema/scores.ts';

/** Forgets the scores of some accounts from before a moment. */
export async function forgetScores(tx: Tx, accountIds: string[], before: Date): Promise<void> {
  if (accountIds.length === 0) return;
  await tx.delete(scores).where(and(inArray(scores.accountId, accountIds), lt(scores.at, before)));
}
