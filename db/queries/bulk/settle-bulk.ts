import { and, eq, isNull, ne } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { bulkCommands, bulkItems } from '../../schema/journeys.ts';

/** What became of one item; the first word stands. */
export async function settleItem(
  db: Db,
  item: {
    bulkId: string;
    position: number;
    outcome: 'applied' | 'refused' | 'unknown';
    code?: string;
    detail?: string;
    now: Date;
  },
): Promise<void> {
  await db
    .update(bulkItems)
    .set({ outcome: item.outcome, code: item.code ?? null, detail: item.detail ?? null, answeredAt: item.now })
    .where(and(eq(bulkItems.bulkId, item.bulkId), eq(bulkItems.position, item.position), isNull(bulkItems.outcome)));
}

/** Notes that a bulk command's workflow runs. */
export async function markBulkRunning(db: Db, id: string): Promise<void> {
  await db
    .update(bulkCommands)
    .set({ state: 'running' })
    .where(and(eq(bulkCommands.id, id), eq(bulkCommands.state, 'starting')));
}

/** Notes that every item has been tried. */
export async function endBulk(db: Db, id: string, now: Date): Promise<void> {
  await db
    .update(bulkCommands)
    .set({ state: 'done', endedAt: now })
    .where(and(eq(bulkCommands.id, id), ne(bulkCommands.state, 'done')));
}
