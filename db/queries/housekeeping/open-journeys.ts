import { and, desc, eq, gt, isNull, lt, lte, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { journeys } from '../../schema/journeys.ts';

/** A journey whose run ought to live. */
export type OpenJourney = Awaited<ReturnType<typeof overdueJourneys>>[number];

const runId = sql<string>`coalesce(${journeys.runId}, '')`;

/** Of those that are starting the dispatcher takes care; rehearsals keep a clock of their own; and what a task calls lost already is asked about no more. */
const unreported = sql`${journeys.state} in ('running', 'paused') and ${journeys.clockShift} = 0
  and not exists (select 1 from tasks t where t.key = ${journeys.id} || '/run-lost/' || ${runId})`;

const open = (db: Db, ...which: SQL[]) => {
  const { id, lock, accountId, playbook, owner, rev } = journeys;
  return db
    .select({ id, lock, accountId, playbook, owner, rev, runId })
    .from(journeys)
    .where(and(isNull(journeys.endedAt), unreported, ...which));
};

/** Open journeys whose next step should have come before `before`, the newest such date first. Their run may be gone, or has decided by itself what the row has yet to hear of. */
export const overdueJourneys = (db: Db, before: Date, limit: number) =>
  open(db, lt(journeys.nextAt, before)).orderBy(desc(journeys.nextAt)).limit(limit);

/** The next `limit` open journeys that started after `after`, with all that started at the same moment as the last of them, and that moment; undefined: there are none. */
export async function journeysStartedAfter(
  db: Db,
  after: Date,
  limit: number,
): Promise<{ until: Date; journeys: OpenJourney[] } | undefined> {
  const next = db
    .select({ at: journeys.startedAt })
    .from(journeys)
    .where(and(isNull(journeys.endedAt), gt(journeys.startedAt, after)))
    .orderBy(journeys.startedAt)
    .limit(limit);
  const until = (await next).at(-1)?.at;
  return until && { until, journeys: await open(db, gt(journeys.startedAt, after), lte(journeys.startedAt, until)) };
}

/** Whether the journey is open and nothing has been written of it since. */
export async function isUnchanged(tx: Tx, of: { id: string; rev: number }): Promise<boolean> {
  const rows = await tx
    .select({ id: journeys.id })
    .from(journeys)
    .where(and(eq(journeys.id, of.id), eq(journeys.rev, of.rev), isNull(journeys.endedAt)))
    .for('share');
  return rows.length === 1;
}
