import { eq, sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { sweeps } from '../../schema/sweeps.ts';

/** Up to when a sweep has seen everything; undefined before its first time. */
export async function sweptUntil(db: Db, name: string): Promise<Date | undefined> {
  const [row] = await db.select({ at: sweeps.completedAt }).from(sweeps).where(eq(sweeps.name, name));
  return row?.at;
}

/** Has a sweep begin anew. */
export async function rewindSweep(db: Db, name: string): Promise<void> {
  await db.delete(sweeps).where(eq(sweeps.name, name));
}

/** Notes a sweep that has come to its end; an older one changes nothing. */
export async function noteSweep(
  db: Db,
  sweep: { name: string; completedAt: Date; started: number; refused: number },
): Promise<void> {
  const { completedAt, started, refused } = sweep;
  await db
    .insert(sweeps)
    .values(sweep)
    .onConflictDoUpdate({
      target: sweeps.name,
      set: { completedAt, started, refused },
      setWhere: sql`${sweeps.completedAt} < excluded.completed_at`,
    });
}
