import { and, desc, eq, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { offers } from '../../schema/index.ts';

export type OfferRow = typeof offers.$inferSelect;

/** Offers, newest first. `after` is the last one of the page before. */
export function listOffers(
  db: Db | Tx,
  f: { accountId?: string; journeyId?: string; state?: string; after?: { at: Date; id: string }; limit: number },
): Promise<OfferRow[]> {
  return db
    .select()
    .from(offers)
    .where(
      and(
        f.accountId ? eq(offers.accountId, f.accountId) : undefined,
        f.journeyId ? eq(offers.journeyId, f.journeyId) : undefined,
        f.state ? eq(offers.state, f.state) : undefined,
        f.after
          ? sql`(${offers.createdAt}, ${offers.id}) < (${f.after.at.toISOString()}::timestamptz, ${f.after.id}::uuid)`
          : undefined,
      ),
    )
    .orderBy(desc(offers.createdAt), desc(offers.id))
    .limit(f.limit);
}
