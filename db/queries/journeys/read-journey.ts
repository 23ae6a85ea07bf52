import { and, asc, desc, eq, isNull, or } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { journeys } from '../../schema/journeys.ts';
import type { JourneyRow } from '../../schema/journeys.ts';

/** The journey's row. */
export async function readJourney(db: Db | Tx, id: string): Promise<JourneyRow | undefined> {
  const [row] = await db.select().from(journeys).where(eq(journeys.id, id));
  return row;
}

/** The open journey under a lock. */
export async function readOpenJourney(db: Db | Tx, lock: string): Promise<JourneyRow | undefined> {
  const [row] = await db
    .select()
    .from(journeys)
    .where(and(eq(journeys.lock, lock), isNull(journeys.endedAt)));
  return row;
}

/** The journey of this id, else the open one under the lock. */
export async function findStarted(db: Db | Tx, id: string, lock: string): Promise<JourneyRow | undefined> {
  const rows = await db
    .select()
    .from(journeys)
    .where(or(eq(journeys.id, id), and(eq(journeys.lock, lock), isNull(journeys.endedAt))));
  return rows.find((row) => row.id === id) ?? rows[0];
}

/** When the newest ended journey of a playbook under this lock ended, for the rule of re-entry. */
export async function lastEnded(
  db: Db | Tx,
  lock: string,
  playbook: string,
): Promise<{ id: string; endedAt: Date } | undefined> {
  const [row] = await db
    .select({ id: journeys.id, endedAt: journeys.endedAt })
    .from(journeys)
    .where(and(eq(journeys.lock, lock), eq(journeys.playbook, playbook)))
    .orderBy(desc(journeys.startedAt))
    .limit(1);
  return row?.endedAt ? { id: row.id, endedAt: row.endedAt } : undefined;
}

/** An account's open journeys, whole, the oldest first. */
export function openJourneysOf(db: Db | Tx, accountId: string): Promise<JourneyRow[]> {
  return db
    .select()
    .from(journeys)
    .where(and(eq(journeys.accountId, accountId), isNull(journeys.endedAt)))
    .orderBy(asc(journeys.startedAt), asc(journeys.id));
}
