import { inArray, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { events } from '../../schema/events.ts';

export type NewEvent = typeof events.$inferInsert;

/** Stores what is new; `fresh` are the ids stored now, `known` the body hashes of those stored before. Ids in `rows` are distinct. In their order, so that two batches that share some cannot block each other. */
export async function insertEvents(
  tx: Tx,
  rows: NewEvent[],
): Promise<{ fresh: Set<string>; known: Map<string, string> }> {
  if (rows.length === 0) return { fresh: new Set(), known: new Map() };
  // One parameter however many rows: building and sending one for each column of 500 costs five times as much.
  const inserted = await tx.execute<{ id: string }>(sql`
    insert into events (id, account_id, type, at, received_at, data, body_hash, actor)
    select id, "accountId", type, at, "receivedAt", data, "bodyHash", actor from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(id text, "accountId" text, type text, at timestamptz, "receivedAt" timestamptz, data jsonb, "bodyHash" text, actor text)
    order by id on conflict do nothing returning id`);
  const fresh = new Set(inserted.map((row) => row.id));
  const rest = rows.filter((row) => !fresh.has(row.id)).map((row) => row.id);
  if (rest.length === 0) return { fresh, known: new Map() };
  const found = await tx
    .select({ id: events.id, bodyHash: events.bodyHash })
    .from(events)
    .where(inArray(events.id, rest));
  return { fresh, known: new Map(found.map((row) => [row.id, row.bodyHash])) };
}
