import { and, eq, ne, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { pages } from '../../schema/index.ts';

/** Somebody has taken the calls of a journey, or there is no more need of them; the pager is told. Answers how many changed. */
export async function changePages(
  tx: Tx,
  { journeyId, to, now }: { journeyId: string; to: 'acknowledged' | 'resolved'; now: Date },
): Promise<number> {
  const which = to === 'acknowledged' ? eq(pages.state, 'triggered') : ne(pages.state, 'resolved');
  const changed = await tx
    .update(pages)
    .set({
      state: to,
      changedAt: now,
      nextAt: now,
      attempts: 0,
      // A pager that never heard of it need not hear of its end.
      told: sql`case when ${pages.told} is null then ${to} else ${pages.told} end`,
    })
    .where(and(eq(pages.journeyId, journeyId), which))
    .returning({ key: pages.key });
  return changed.length;
}
