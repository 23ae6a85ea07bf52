import { and, eq, inArray, ne, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { pages } from '../../schema/index.ts';

/** Somebody has taken some calls, named by their keys or by their journey, or there is no more need of them; the pager is told. Answers how many changed. */
export async function changePages(
  tx: Tx,
  of: { journeyId: string } | { keys: string[] },
  { to, now }: { to: 'acknowledged' | 'resolved'; now: Date },
): Promise<number> {
  const whose = 'keys' in of ? inArray(pages.key, of.keys) : eq(pages.journeyId, of.journeyId);
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
    .where(and(whose, which))
    .returning({ key: pages.key });
  return changed.length;
}
