import { and, asc, eq, gt, isNull } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { accounts } from '../../schema/accounts.ts';

/** Accounts by id, erased ones and the system's own left out. */
export function listAccounts(db: Db, filter: { plan?: string }, page: { after?: string; limit: number }) {
  return db
    .select()
    .from(accounts)
    .where(
      and(
        isNull(accounts.erasedAt),
        eq(accounts.internal, false),
        filter.plan ? eq(accounts.plan, filter.plan) : undefined,
        page.after === undefined ? undefined : gt(accounts.id, page.after),
      ),
    )
    .orderBy(asc(accounts.id))
    .limit(page.limit);
}
