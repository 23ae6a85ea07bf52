import type { Tx } from '../../database.ts';
import { incidents } from '../../schema/index.ts';
import type { IncidentRow } from '../../schema/incidents.ts';

/** Stores an incident; undefined when one is open under its key, or it is stored already. */
export async function insertIncident(tx: Tx, row: typeof incidents.$inferInsert): Promise<IncidentRow | undefined> {
  const [inserted] = await tx.insert(incidents).values(row).onConflictDoNothing().returning();
  return inserted;
}
