import type { Tx } from '../../database.ts';
import { journeys } from '../../schema/journeys.ts';
import type { JourneyRow } from '../../schema/journeys.ts';

export type NewJourney = typeof journeys.$inferInsert;

/** Opens a journey under its lock; undefined when one is open there already (or has this very id). */
export async function insertJourney(tx: Tx, row: NewJourney): Promise<JourneyRow | undefined> {
  const rows = await tx.insert(journeys).values(row).onConflictDoNothing().returning();
  return rows[0];
}

/** Opens several; those come back whose lock was free. */
export async function insertJourneys(tx: Tx, rows: NewJourney[]): Promise<JourneyRow[]> {
  return rows.length === 0 ? [] : tx.insert(journeys).values(rows).onConflictDoNothing().returning();
}
