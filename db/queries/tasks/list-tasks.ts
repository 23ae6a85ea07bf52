import { and, asc, eq, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { soonest, tasks } from '../../schema/index.ts';

export type TaskRow = typeof tasks.$inferSelect;

/** Tasks, the soonest due first, undated last. `after` is the last one of the page before. */
export function listTasks(
  db: Db | Tx,
  f: {
    accountId?: string;
    journeyId?: string;
    owner?: string;
    ownerRole?: string;
    kind?: string;
    state?: string;
    after?: { due: Date | null; id: string };
    limit: number;
  },
): Promise<TaskRow[]> {
  const due = soonest(tasks.dueAt);
  const { after } = f;
  return db
    .select()
    .from(tasks)
    .where(
      and(
        f.accountId ? eq(tasks.accountId, f.accountId) : undefined,
        f.journeyId ? eq(tasks.journeyId, f.journeyId) : undefined,
        f.owner ? eq(tasks.owner, f.owner) : undefined,
        f.ownerRole ? eq(tasks.ownerRole, f.ownerRole) : undefined,
        f.kind ? eq(tasks.kind, f.kind) : undefined,
        f.state ? eq(tasks.state, f.state) : undefined,
        after
          ? sql`(${due}, ${tasks.id}) > (${after.due?.toISOString() ?? 'infinity'}::timestamptz, ${after.id}::uuid)`
          : undefined,
      ),
    )
    .orderBy(asc(due), asc(tasks.id))
    .limit(f.limit);
}
