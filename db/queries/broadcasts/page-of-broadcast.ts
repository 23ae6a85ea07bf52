import { and, asc, eq, isNull, lt, lte, or, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { broadcastItems, broadcasts } from '../../schema/index.ts';
import type { BroadcastItemRow, BroadcastRow } from '../../schema/incidents.ts';
import { skipOpenItems } from './skip-open-items.ts';

const undecided = (id: string) => and(eq(broadcastItems.broadcastId, id), isNull(broadcastItems.outcome));

/** The next accounts that a notice has to tell, in order; those that are held or tried again come when their time has. */
export function openItems(db: Db, id: string, now: Date, limit: number): Promise<BroadcastItemRow[]> {
  return db
    .select()
    .from(broadcastItems)
    .where(and(undecided(id), or(isNull(broadcastItems.recheck), lte(broadcastItems.recheck, now))))
    .orderBy(asc(broadcastItems.position))
    .limit(limit);
}

/** When the next of those that wait has its time; undefined when nobody waits. */
export async function nextRecheck(db: Db, id: string): Promise<Date | undefined> {
  const [row] = await db
    .select({ at: broadcastItems.recheck })
    .from(broadcastItems)
    .where(undecided(id))
    .orderBy(sql`${broadcastItems.recheck} asc nulls first`)
    .limit(1);
  return row && (row.at ?? new Date(0));
}

/** One item, held by this transaction. */
export async function lockItem(tx: Tx, of: { broadcastId: string; position: number }): Promise<BroadcastItemRow> {
  const [row] = await tx
    .select()
    .from(broadcastItems)
    .where(and(eq(broadcastItems.broadcastId, of.broadcastId), eq(broadcastItems.position, of.position)))
    .for('update');
  return row!;
}

export type ItemWord = Partial<
  Pick<BroadcastItemRow, 'outcome' | 'reason' | 'recheck' | 'template' | 'variant' | 'details' | 'at'>
>;

/** Writes what became of one account. */
export async function settleItem(tx: Tx, of: { broadcastId: string; position: number }, word: ItemWord): Promise<void> {
  await tx
    .update(broadcastItems)
    .set(word)
    .where(and(eq(broadcastItems.broadcastId, of.broadcastId), eq(broadcastItems.position, of.position)));
}

/** Whoever is not told by now is not told at all: it is too late. What is reserved is decided once its provider has answered, or can no more. */
export async function dropStale(db: Db, id: string, now: Date): Promise<void> {
  await db.transaction((tx) => skipOpenItems(tx, { of: sql`b.id = ${id}::uuid`, reason: 'stale', now }));
}

/** Says that the workflow of a notice is at work. */
export async function markRunning(db: Db, id: string): Promise<void> {
  await db
    .update(broadcasts)
    .set({ state: 'running' })
    .where(and(eq(broadcasts.id, id), eq(broadcasts.state, 'starting')));
}

/** Ends a notice of which everybody is decided. */
export async function endBroadcast(db: Db, id: string, now: Date): Promise<void> {
  await db.update(broadcasts).set({ state: 'done', endedAt: now }).where(eq(broadcasts.id, id));
}

/** Notices that no workflow has begun, and those that were begun before `lostBefore` and are not done: their workflow may be gone with its engine. */
export function startingBroadcasts(db: Db, lostBefore: Date | undefined, limit: number): Promise<BroadcastRow[]> {
  const lost = lostBefore && and(eq(broadcasts.state, 'running'), lt(broadcasts.createdAt, lostBefore));
  return db
    .select()
    .from(broadcasts)
    .where(or(eq(broadcasts.state, 'starting'), lost))
    .orderBy(asc(broadcasts.createdAt))
    .limit(limit);
}

/** How many notices of a journey are under way. */
export async function openBroadcasts(db: Db, journeyId: string): Promise<number> {
  const rows = await db
    .select({ id: broadcasts.id })
    .from(broadcasts)
    .where(and(eq(broadcasts.journeyId, journeyId), sql`${broadcasts.state} <> 'done'`));
  return rows.length;
}
