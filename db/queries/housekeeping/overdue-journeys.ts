import { and, desc, eq, isNull, lt, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { journeys } from '../../schema/journeys.ts';

/**
 * Open journeys whose next step should have come before `before`, the newest such date first, but for those that a task calls lost already. Their run may
 * be gone; or it lives, and has decided by itself what the row has yet to hear of.
 */
export function overdueJourneys(db: Db, before: Date, limit: number) {
  const { id, lock, accountId, playbook, owner, rev, nextStep } = journeys;
  const n = sql<number>`coalesce((${journeys.snapshot} #>> array['steps', ${nextStep}, 'n'])::int, 1)`;
  return db
    .select({ id, lock, accountId, playbook, owner, rev, step: sql<string>`${nextStep}`, n: n.as('n') })
    .from(journeys)
    .where(
      and(
        isNull(journeys.endedAt),
        lt(journeys.nextAt, before),
        // Those that are starting are started by the dispatcher, and rehearsals keep a clock of their own.
        sql`${journeys.state} in ('running', 'paused')`,
        eq(journeys.clockShift, 0),
        sql`not exists (select 1 from tasks t where t.key = ${id} || '/' || ${nextStep} || '/' || ${n} || '/run-lost')`,
      ),
    )
    .orderBy(desc(journeys.nextAt))
    .limit(limit);
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
