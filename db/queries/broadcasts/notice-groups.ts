import { asc, count, eq, min, sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { broadcastItems, broadcasts, journeys } from '../../schema/index.ts';

/** What became of a journey's notices: how many accounts had each fate, and when the first of them. */
export async function noticeGroups(db: Db, journeyId: string) {
  const { outcome, reason, template, variant } = broadcastItems;
  const groups = await db
    .select({
      step: broadcasts.step,
      n: broadcasts.n,
      ...{ template, variant, reason },
      outcome: sql<string>`coalesce(${outcome}, 'pending')`,
      at: min(broadcastItems.at),
      begun: broadcasts.createdAt,
      accounts: count(),
    })
    .from(broadcastItems)
    .innerJoin(broadcasts, eq(broadcasts.id, broadcastItems.broadcastId))
    .where(eq(broadcasts.journeyId, journeyId))
    .groupBy(broadcasts.step, broadcasts.n, broadcasts.createdAt, outcome, reason, template, variant)
    .orderBy(asc(broadcasts.createdAt), asc(broadcasts.step));
  if (groups.length === 0) return [];
  const [journey] = await db.select({ timetable: journeys.timetable }).from(journeys).where(eq(journeys.id, journeyId));
  const channelOf = (step: string) => journey?.timetable.steps.find((one) => one.id === step)?.channel ?? null;
  return groups.map(({ at, begun, ...group }) => ({ ...group, at: at ?? begun, channel: channelOf(group.step) }));
}
