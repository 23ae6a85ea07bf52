import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { deliveries } from '../../schema/events.ts';
import type { Happening } from '../../../workflows/contracts/journey.ts';

export type NewDelivery = { accountId: string; journeyId: string; happening: Happening };

/** Notes what runs must be told, and wakes the dispatchers when this transaction commits; the same cause is told a journey once. */
export async function insertDeliveries(tx: Tx, rows: NewDelivery[], now: Date): Promise<number> {
  if (rows.length === 0) return 0;
  const inserted = await tx
    .insert(deliveries)
    .values(rows.map((row) => ({ ...row, causeId: row.happening.id, createdAt: now, notBefore: now })))
    .onConflictDoNothing()
    .returning({ seq: deliveries.seq });
  await tx.execute(sql`select pg_notify('tenure_deliveries', '')`);
  return inserted.length;
}
