import { and, isNull, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { bulkCommands, journeys } from '../../schema/journeys.ts';
import { journeyWhere } from '../journeys/list-journeys.ts';
import type { JourneyFilter } from '../journeys/list-journeys.ts';

export type NewBulk = {
  id: string;
  filter: JourneyFilter;
  filterBody: Record<string, unknown>;
  body: Record<string, unknown>;
  actor: string;
  now: Date;
  most: number;
};

/** Freezes the open journeys that a filter finds now, at most `most`, oldest first; returns how many. A bulk of this id that exists is left as it is. */
export async function createBulk(tx: Tx, bulk: NewBulk): Promise<number | undefined> {
  const [row] = await tx
    .insert(bulkCommands)
    .values({
      id: bulk.id,
      filter: bulk.filterBody,
      body: bulk.body,
      actor: bulk.actor,
      state: 'starting',
      total: 0,
      createdAt: bulk.now,
    })
    .onConflictDoNothing()
    .returning({ id: bulkCommands.id });
  if (!row) return undefined;
  const where = and(journeyWhere(bulk.filter), isNull(journeys.endedAt));
  const frozen = await tx.execute(sql`
    insert into bulk_items (bulk_id, position, journey_id)
    select ${bulk.id}::uuid, row_number() over (order by ${journeys.startedAt}, ${journeys.id}) - 1, ${journeys.id}
    from ${journeys} where ${where} order by ${journeys.startedAt}, ${journeys.id} limit ${bulk.most} returning 1`);
  await tx.execute(sql`update bulk_commands set total = ${frozen.length} where id = ${bulk.id}::uuid`);
  return frozen.length;
}

/** How many open journeys a filter finds now. */
export async function countOpen(tx: Tx, filter: JourneyFilter): Promise<number> {
  const [row] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(journeys)
    .where(and(journeyWhere(filter), isNull(journeys.endedAt)));
  return row?.count ?? 0;
}
