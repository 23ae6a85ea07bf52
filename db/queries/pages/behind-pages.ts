import { and, asc, eq, lte, sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { pages } from '../../schema/index.ts';
import type { PageRow } from '../../schema/incidents.ts';

const behind = sql`${pages.told} is distinct from ${pages.state}`;

/** Takes the page that waits longest to be told, until `leaseUntil` for this caller alone; undefined when none does. */
export async function claimPage(db: Db, i: { now: Date; leaseUntil: Date }): Promise<PageRow | undefined> {
  return db.transaction(async (tx) => {
    const [row] = await tx
      .select()
      .from(pages)
      .where(and(behind, lte(pages.nextAt, i.now)))
      .orderBy(asc(pages.nextAt))
      .limit(1)
      .for('update', { skipLocked: true });
    if (row) await tx.update(pages).set({ nextAt: i.leaseUntil }).where(eq(pages.key, row.key));
    return row;
  });
}

/** What the pager answered: `told` is the state it now knows; null when it must be asked again at `nextAt`. */
export async function settlePage(
  db: Db,
  i: { key: string; told: string | null; attempts: number; nextAt: Date; provider: string; error: string | null },
): Promise<void> {
  const { key, told, ...rest } = i;
  await db
    .update(pages)
    .set({ ...rest, ...(told === null ? {} : { told }) })
    .where(eq(pages.key, key));
}

/** Whom a journey has called, in order. */
export function pagesOf(db: Db, journeyId: string): Promise<PageRow[]> {
  return db.select().from(pages).where(eq(pages.journeyId, journeyId)).orderBy(asc(pages.at));
}
