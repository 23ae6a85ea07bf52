import { and, desc, eq, gte, isNotNull, lt, sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { broadcastItems, broadcasts, journeys } from '../../schema/index.ts';
import type { DecisionFilter, DecisionMark } from '../decisions/list-decisions.ts';

/** What incidents' notices decided about one account, as decisions of the incident's journey; newest first. */
export async function noticeDecisions(
  db: Db,
  filter: DecisionFilter & { account: string },
  { after, limit }: { after?: DecisionMark; limit: number },
) {
  const rows = await db
    .select({ item: broadcastItems, broadcast: broadcasts, timetable: journeys.timetable })
    .from(broadcastItems)
    .innerJoin(broadcasts, eq(broadcasts.id, broadcastItems.broadcastId))
    .innerJoin(journeys, eq(journeys.id, broadcasts.journeyId))
    .where(
      and(
        eq(broadcastItems.accountId, filter.account),
        isNotNull(broadcastItems.outcome),
        filter.journey ? eq(broadcasts.journeyId, filter.journey) : undefined,
        filter.step ? eq(broadcasts.step, filter.step) : undefined,
        filter.outcome ? eq(broadcastItems.outcome, filter.outcome) : undefined,
        filter.from ? gte(broadcastItems.at, filter.from) : undefined,
        filter.to ? lt(broadcastItems.at, filter.to) : undefined,
        after
          ? sql`(${broadcastItems.at}, ${broadcasts.journeyId}, ${broadcasts.step}, ${broadcasts.n}) < (${after.at}::timestamptz, ${after.journey}::uuid, ${after.step}, ${after.n})`
          : undefined,
      ),
    )
    .orderBy(desc(broadcastItems.at), desc(broadcasts.journeyId), desc(broadcasts.step), desc(broadcasts.n))
    .limit(limit);
  return rows.map(({ item, broadcast, timetable }) => {
    const { outcome, reason, at, template, variant } = item;
    const told = { outcome: outcome!, reason, at: at!.toISOString() };
    return {
      ...{ journeyId: broadcast.journeyId, step: broadcast.step, n: broadcast.n, accountId: item.accountId },
      kind: 'broadcast',
      channel: timetable.steps.find((step) => step.id === broadcast.step)?.channel ?? null,
      ...{ outcome: outcome!, reason, at: at!, template, variant },
      due: broadcast.due,
      offer: null,
      details: { ...item.details, incident: broadcast.incidentId, update: broadcast.update },
      history: [told],
    };
  });
}
