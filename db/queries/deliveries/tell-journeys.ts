import { sql } from 'drizzle-orm';
import type { Happening } from '../../../workflows/contracts/journey.ts';
import type { Tx } from '../../database.ts';
import { deliveries } from '../../schema/index.ts';

export const DELIVERIES_CHANNEL = 'tenure_deliveries';

export type Telling = { accountId: string; journeyId: string; happening: Happening; notBefore?: Date };

/** Writes what runs must be told, in the transaction of its cause, and wakes the dispatcher when that commits. The same cause twice is told once. */
export async function tellJourneys(tx: Tx, tellings: Telling[], now: Date): Promise<number> {
  if (tellings.length === 0) return 0;
  const added = await tx
    .insert(deliveries)
    .values(
      tellings.map((t) => ({
        accountId: t.accountId,
        journeyId: t.journeyId,
        causeId: t.happening.id,
        happening: t.happening,
        createdAt: now,
        notBefore: t.notBefore ?? now,
      })),
    )
    .onConflictDoNothing()
    .returning({ seq: deliveries.seq });
  if (added.length > 0) await tx.execute(sql`select pg_notify(${DELIVERIES_CHANNEL}, '')`);
  return added.length;
}
