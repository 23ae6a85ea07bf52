import { and, asc, eq, isNull, or, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { statement } from '../../statement.ts';
import { journeys } from '../../schema/journeys.ts';
import type { JourneyRow } from '../../schema/journeys.ts';

const byId = statement((db) =>
  db
    .select()
    .from(journeys)
    .where(eq(journeys.id, sql.placeholder('id'))),
);

/** The journey's row. */
export async function readJourney(db: Db | Tx, id: string): Promise<JourneyRow | undefined> {
  const [row] = await byId(db, { id });
  return row;
}

/** The open journey under a lock; `lock`: it stays so until this transaction ends. */
export async function readOpenJourney(
  db: Db | Tx,
  lock: string,
  options: { lock?: boolean } = {},
): Promise<JourneyRow | undefined> {
  const query = db
    .select()
    .from(journeys)
    .where(and(eq(journeys.lock, lock), isNull(journeys.endedAt)));
  const [row] = await (options.lock ? query.for('no key update') : query);
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

/** An account's open journeys, whole, the oldest first. */
export function openJourneysOf(db: Db | Tx, accountId: string): Promise<JourneyRow[]> {
  return db
    .select()
    .from(journeys)
    .where(and(eq(journeys.accountId, accountId), isNull(journeys.endedAt)))
    .orderBy(asc(journeys.startedAt), asc(journeys.id));
}
