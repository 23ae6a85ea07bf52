import { inArray } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { events } from '../../schema/events.ts';

/** Those of some ids that stored events have. */
export async function knownEvents(tx: Tx, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await tx.select({ id: events.id }).from(events).where(inArray(events.id, ids));
  return new Set(rows.map((row) => row.id));
}
