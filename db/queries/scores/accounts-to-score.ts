import { and, asc, eq, gt, inArray, isNull } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { accounts } from '../../schema/accounts.ts';

/** One page of the accounts that are scored, by id: those open and on one of these plans. */
export function accountsToScore(
  tx: Tx,
  page: { plans: string[]; after?: string; limit: number; only?: string },
): Promise<{ id: string; plan: string }[]> {
  return tx
    .select({ id: accounts.id, plan: accounts.plan })
    .from(accounts)
    .where(
      and(
        inArray(accounts.plan, page.plans),
        eq(accounts.internal, false),
        isNull(accounts.erasedAt),
        isNull(accounts.closedAt),
        page.after === undefined ? undefined : gt(accounts.id, page.after),
        page.only === undefined ? undefined : eq(accounts.id, page.only),
      ),
    )
    .orderBy(asc(accounts.id))
    .limit(page.limit);
}
