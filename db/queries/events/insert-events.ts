import { inArray } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { events } from '../../schema/events.ts';

export type NewEvent = typeof events.$inferInsert;

/** Stores what is new; `fresh` are the ids stored now, `known` the body hashes of those stored before. Ids in `rows` are distinct. */
export async function insertEvents(
  tx: Tx,
  rows: NewEvent[],
): Promise<{ fresh: Set<string>; known: Map<string, string> }> {
  if (rows.length === 0) return { fresh: new Set(), known: new Map() };
  const inserted = await tx.insert(events).values(rows).onConflictDoNothing().returning({ id: events.id });
  const fresh = new Set(inserted.map((row) => row.id));
  const rest = rows.filter((row) => !fresh.has(row.id)).map((row) => row.id);
  if (rest.length === 0) return { fresh, known: new Map() };
  const found = await tx
    .select({ id: events.id, bodyHash: events.bodyHash })
    .from(events)
    .where(inArray(events.id, rest));
  return { fresh, known: new Map(found.map((row) => [row.id, row.bodyHash])) };
}
