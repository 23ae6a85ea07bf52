import { eq } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { incidentUpdates, incidents } from '../../schema/index.ts';
import type { IncidentRow, IncidentUpdateRow } from '../../schema/incidents.ts';

/** Changes an incident that this transaction has locked. */
export async function changeIncident(tx: Tx, id: string, to: Partial<Omit<IncidentRow, 'id'>>): Promise<IncidentRow> {
  const [row] = await tx.update(incidents).set(to).where(eq(incidents.id, id)).returning();
  return row!;
}

/** Tells the public one more thing about an incident that this transaction has locked. */
export async function addUpdate(tx: Tx, update: IncidentUpdateRow): Promise<void> {
  await tx.insert(incidentUpdates).values(update);
}
