import { and, asc, gte, inArray, isNull, lt, sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { accounts } from '../../schema/accounts.ts';
import { journeys } from '../../schema/journeys.ts';
import type { AccountRow } from '../accounts/read-account.ts';

const date = sql<string>`(${accounts.facts} ->> 'renewal_date')`;

/** A concluded journey stands for every date up to so many days after its own: nearer than any two terms are to each other. */
const SAME_TERM_DAYS = 14;

export type DueRenewal = { account: AccountRow; date: string };

/**
 * Accounts on these plans whose `renewal_date` (ISO text) lies in [from, to), that have no renewal open and none concluded for that term; in the order
 * of their dates, after the cursor.
 */
export function dueRenewals(
  db: Db,
  i: { from: string; to: string; plans: string[]; after: { date: string; id: string } | null; limit: number },
): Promise<DueRenewal[]> {
  const concluded = sql`to_char(to_timestamp((${journeys.snapshot} -> 'anchors' ->> 'renewalDate')::float8 / 1000
    + ${SAME_TERM_DAYS} * 86400) at time zone 'UTC', 'YYYY-MM-DD')`;
  return db
    .select({ account: accounts, date })
    .from(accounts)
    .where(
      and(
        isNull(accounts.closedAt),
        isNull(accounts.erasedAt),
        gte(date, i.from),
        lt(date, i.to),
        i.after ? sql`(${date}, ${accounts.id}) > (${i.after.date}, ${i.after.id})` : undefined,
        inArray(accounts.plan, i.plans),
        sql`not exists (select 1 from ${journeys} where ${journeys.lock} = 'renewal:' || ${accounts.id} and ${journeys.endedAt} is null)`,
        sql`not exists (select 1 from ${journeys} where ${journeys.accountId} = ${accounts.id} and ${journeys.kind} = 'renewal'
          and ${journeys.endedAt} is not null and ${concluded} >= left(${date}, 10))`,
      ),
    )
    .orderBy(asc(date), asc(accounts.id))
    .limit(i.limit);
}
