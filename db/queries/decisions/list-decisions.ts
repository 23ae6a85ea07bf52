import { and, desc, eq, gte, lt, sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
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

/** Decisions, newest first, after the mark of the last one seen. */
export function listDecisions(db: Db, filter: DecisionFilter, page: { after?: DecisionMark; limit: number }) {
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
