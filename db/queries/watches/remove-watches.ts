import { eq } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { watches } from '../../schema/scores.ts';

/** Watches nothing for a journey any more. */
export async function removeWatches(tx: Tx, journeyId: string): Promise<void> {
  await tx.delete(watches).where(eq(watches.journeyId, journeyId));
}
