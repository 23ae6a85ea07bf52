import { and, desc, eq, gte, lt, sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { noticeDecisions } from '../broadcasts/decisions-of-account.ts';
import { decisions } from '../../schema/journeys.ts';

export type DecisionFilter = {
  account?: string;
  journey?: string;
  step?: string;
  outcome?: string;
  from?: Date;
  to?: Date;
};
export type DecisionMark = { at: string; journey: string; step: string; n: number };

/** Decisions, newest first, after the mark of the last one seen; of one account also what notices of incidents decided about it. */
export async function listDecisions(db: Db, filter: DecisionFilter, page: { after?: DecisionMark; limit: number }) {
  const { account } = filter;
  const [own, notices] = await Promise.all([
    ownDecisions(db, filter, page),
    account === undefined ? [] : noticeDecisions(db, { ...filter, account }, page),
  ]);
  if (notices.length === 0) return own;
  return [...own, ...notices].sort(newestFirst).slice(0, page.limit);
}

type Row = { at: Date; journeyId: string; step: string; n: number };

const newestFirst = (a: Row, b: Row): number =>
  b.at.getTime() - a.at.getTime() ||
  b.journeyId.localeCompare(a.journeyId) ||
  (a.step < b.step ? 1 : a.step > b.step ? -1 : b.n - a.n);

function ownDecisions(db: Db, filter: DecisionFilter, page: { after?: DecisionMark; limit: number }) {
  const { after } = page;
  return db
    .select()
    .from(decisions)
    .where(
      and(
        filter.account ? eq(decisions.accountId, filter.account) : undefined,
        filter.journey ? eq(decisions.journeyId, filter.journey) : undefined,
        filter.step ? eq(decisions.step, filter.step) : undefined,
        filter.outcome ? eq(decisions.outcome, filter.outcome) : undefined,
        filter.from ? gte(decisions.at, filter.from) : undefined,
        filter.to ? lt(decisions.at, filter.to) : undefined,
        after
          ? sql`(${decisions.at}, ${decisions.journeyId}, ${decisions.step}, ${decisions.n}) < (${after.at}::timestamptz, ${after.journey}::uuid, ${after.step}, ${after.n})`
          : undefined,
      ),
    )
    .orderBy(desc(decisions.at), desc(decisions.journeyId), desc(decisions.step), desc(decisions.n))
    .limit(page.limit);
}
