import { and, asc, eq, gte, isNull, lt, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { bulkCommands, bulkItems, commands } from '../../schema/journeys.ts';

export type BulkRow = typeof bulkCommands.$inferSelect;

/** The bulk command's row. */
export async function readBulk(db: Db | Tx, id: string): Promise<BulkRow | undefined> {
  const [row] = await db.select().from(bulkCommands).where(eq(bulkCommands.id, id));
  return row;
}

/** Bulk commands whose workflow has not been started yet. */
export function startingBulks(db: Db, before: Date, limit: number): Promise<BulkRow[]> {
  return db
    .select()
    .from(bulkCommands)
    .where(and(eq(bulkCommands.state, 'starting'), lt(bulkCommands.createdAt, before)))
    .orderBy(asc(bulkCommands.createdAt))
    .limit(limit);
}

/** Items of a page that have no result yet. */
export function openItems(db: Db, bulkId: string, from: number, to: number) {
  return db
    .select()
    .from(bulkItems)
    .where(
      and(
        eq(bulkItems.bulkId, bulkId),
        gte(bulkItems.position, from),
        lt(bulkItems.position, to),
        isNull(bulkItems.outcome),
      ),
    )
    .orderBy(asc(bulkItems.position));
}

export type BulkItem = {
  position: number;
  journey_id: string;
  outcome: string | null;
  code: string | null;
  detail: string | null;
  answered_at: Date | string | null;
};

// A command of which nobody knew then, as it stands now.
const sinceAnswered = sql`i.outcome = 'unknown' and c.state in ('applied', 'refused')`;
const outcomeNow = sql`case when ${sinceAnswered} then c.state else i.outcome end`;
const itemsOf = (bulkId: string, commandId: string) => sql`
  from ${bulkItems} i left join ${commands} c on c.journey_id = i.journey_id and c.id = ${commandId}
  where i.bulk_id = ${bulkId}::uuid`;

/** Results by position; a command whose outcome was unknown then is told as it stands now. */
export async function listBulkItems(
  db: Db,
  bulkId: string,
  commandId: string,
  page: { after?: number; limit: number },
): Promise<BulkItem[]> {
  return db.execute<BulkItem>(sql`
    select i.position, i.journey_id, ${outcomeNow} as outcome,
      case when ${sinceAnswered} then (case when c.state = 'refused' then c.answer->>'code' end) else i.code end as code,
      case when ${sinceAnswered} then (case when c.state = 'refused' then c.answer->>'reason' end) else i.detail end as detail,
      coalesce(c.answered_at, i.answered_at) as answered_at
    ${itemsOf(bulkId, commandId)} and i.position > ${page.after ?? -1} order by i.position limit ${page.limit}`);
}

/** How many items ended how, told as {@link listBulkItems} does; null those without a result. */
export async function countItems(
  db: Db,
  bulkId: string,
  commandId: string,
): Promise<{ outcome: string | null; count: number }[]> {
  return db.execute<{ outcome: string | null; count: number }>(
    sql`select ${outcomeNow} as outcome, count(*)::int as count ${itemsOf(bulkId, commandId)} group by 1`,
  );
}
