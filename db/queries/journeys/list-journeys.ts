import { and, desc, eq, isNull, lt, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { journeys } from '../../schema/journeys.ts';

export type JourneyFilter = {
  account?: string;
  playbook?: string;
  version?: number;
  kind?: string;
  state?: string;
  stage?: string;
  owner?: string;
  dueBefore?: Date;
  ids?: string[];
};
export type JourneyMark = { at: string; id: string };

/** The filter of lists and of bulk commands alike. */
export function journeyWhere(filter: JourneyFilter): SQL | undefined {
  return and(
    filter.account ? eq(journeys.accountId, filter.account) : undefined,
    filter.playbook ? eq(journeys.playbook, filter.playbook) : undefined,
    filter.version ? eq(journeys.version, filter.version) : undefined,
    filter.kind ? eq(journeys.kind, filter.kind) : undefined,
    filter.state === 'open'
      ? sql`${journeys.endedAt} is null`
      : filter.state
        ? eq(journeys.state, filter.state)
        : undefined,
    filter.stage ? eq(journeys.stage, filter.stage) : undefined,
    filter.owner ? eq(journeys.owner, filter.owner) : undefined,
    // What has ended has nothing due: few journeys are open, and an index on a date that moves with every touch would cost each of them.
    filter.dueBefore ? and(isNull(journeys.endedAt), lt(journeys.nextAt, filter.dueBefore)) : undefined,
    filter.ids ? sql`${journeys.id} = any(${sql.param(filter.ids)}::uuid[])` : undefined,
  );
}

const columns = {
  id: journeys.id,
  lock: journeys.lock,
  kind: journeys.kind,
  accountId: journeys.accountId,
  key: journeys.key,
  playbook: journeys.playbook,
  version: journeys.version,
  program: journeys.program,
  state: journeys.state,
  stage: journeys.stage,
  outcome: journeys.outcome,
  nextStep: journeys.nextStep,
  nextAt: journeys.nextAt,
  plan: journeys.plan,
  owner: journeys.owner,
  anchor: journeys.anchor,
  rev: journeys.rev,
  stopFlag: journeys.stopFlag,
  runId: journeys.runId,
  startedAt: journeys.startedAt,
  endedAt: journeys.endedAt,
  pausedSince: journeys.pausedSince,
  pausedUntil: journeys.pausedUntil,
};

/** Journeys, newest first, without their timetables and snapshots. */
export function listJourneys(db: Db | Tx, filter: JourneyFilter, page: { after?: JourneyMark; limit: number }) {
  const { after } = page;
  return db
    .select(columns)
    .from(journeys)
    .where(
      and(
        journeyWhere(filter),
        after
          ? sql`(${journeys.startedAt}, ${journeys.id}) < (${after.at}::timestamptz, ${after.id}::uuid)`
          : undefined,
      ),
    )
    .orderBy(desc(journeys.startedAt), desc(journeys.id))
    .limit(page.limit);
}
export type JourneyItem = Awaited<ReturnType<typeof listJourneys>>[number];
