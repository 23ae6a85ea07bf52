import { and, asc, desc, eq, gt, inArray, isNull, lt, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { bandOverrides, bands, scores } from '../../schema/scores.ts';

export type ScoreRow = typeof scores.$inferSelect;

/** The scores of an account, newest first; `before` is the sequence number of the last one seen. */
export function listScores(
  db: Db,
  filter: { account: string; model?: string },
  page: { before?: number; limit: number },
): Promise<ScoreRow[]> {
  return db
    .select()
    .from(scores)
    .where(
      and(
        eq(scores.accountId, filter.account),
        filter.model ? eq(scores.model, filter.model) : undefined,
        page.before === undefined ? undefined : lt(scores.seq, page.before),
      ),
    )
    .orderBy(desc(scores.seq))
    .limit(page.limit);
}

/** The newest score of each model of an account. */
export function newestScores(db: Db, account: string): Promise<ScoreRow[]> {
  return db
    .selectDistinctOn([scores.model])
    .from(scores)
    .where(eq(scores.accountId, account))
    .orderBy(asc(scores.model), desc(scores.at), desc(scores.seq));
}

/** The score that a cause gave. */
export async function scoreBy(
  db: Db | Tx,
  { account, model, cause }: { account: string; model: string; cause: string },
): Promise<ScoreRow | undefined> {
  const [row] = await db
    .select()
    .from(scores)
    .where(and(eq(scores.accountId, account), eq(scores.model, model), eq(scores.cause, cause)));
  return row;
}

/** Bands of one account, each with the override that stands. */
export function bandsWithOverrides(db: Db | Tx, account: string) {
  return db
    .select({ band: bands, override: bandOverrides })
    .from(bands)
    .leftJoin(bandOverrides, eq(bandOverrides.id, bands.overrideId))
    .where(eq(bands.accountId, account))
    .orderBy(asc(bands.model));
}
export type BandWithOverride = Awaited<ReturnType<typeof bandsWithOverrides>>[number];

/** Accounts by a model, by id: those in these bands, or all. */
export function listBands(
  db: Db,
  filter: { model: string; bands?: string[] },
  page: { after?: string; limit: number },
): Promise<(typeof bands.$inferSelect)[]> {
  return db
    .select()
    .from(bands)
    .where(
      and(
        eq(bands.model, filter.model),
        filter.bands ? inArray(bands.band, filter.bands) : undefined,
        page.after === undefined ? undefined : gt(bands.accountId, page.after),
      ),
    )
    .orderBy(asc(bands.accountId))
    .limit(page.limit);
}

/** How many accounts are in each band of a model. */
export function countBands(db: Db, model: string) {
  return db
    .select({ band: bands.band, count: sql<number>`count(*)::int` })
    .from(bands)
    .where(eq(bands.model, model))
    .groupBy(bands.band);
}

/** Puts an override in place of the one that stands, if any. */
export async function replaceOverride(
  tx: Tx,
  row: typeof bandOverrides.$inferInsert,
): Promise<typeof bandOverrides.$inferSelect> {
  await endOverride(tx, { ...row, now: row.at });
  const [inserted] = await tx.insert(bandOverrides).values(row).returning();
  return inserted!;
}

/** Ends the override that stands; false when there was none. */
export async function endOverride(
  tx: Tx,
  { accountId, model, by, now }: { accountId: string; model: string; by: string; now: Date },
): Promise<boolean> {
  const ended = await tx
    .update(bandOverrides)
    .set({ endedAt: now, endedBy: by })
    .where(and(eq(bandOverrides.accountId, accountId), eq(bandOverrides.model, model), isNull(bandOverrides.endedAt)))
    .returning({ id: bandOverrides.id });
  return ended.length > 0;
}
