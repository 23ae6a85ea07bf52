import { and, asc, count, eq, gt, isNull } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { accounts } from '../../schema/accounts.ts';
import { journeys } from '../../schema/journeys.ts';

const open = (playbook: string) => and(eq(journeys.playbook, playbook), isNull(journeys.endedAt));

/** How many open journeys follow any version of a playbook. */
export async function countInFlight(db: Db, playbook: string): Promise<number> {
  const [row] = await db.select({ n: count() }).from(journeys).where(open(playbook));
  return row!.n;
}

/** Open journeys of a playbook with their snapshots and their accounts' facts, in order of id. */
export function inFlightPage(db: Db, playbook: string, { after, limit }: { after?: string; limit: number }) {
  return db
    .select({
      ...{ id: journeys.id, accountId: journeys.accountId, kind: journeys.kind, options: journeys.options },
      ...{ timetable: journeys.timetable, snapshot: journeys.snapshot, facts: accounts.facts },
    })
    .from(journeys)
    .innerJoin(accounts, eq(accounts.id, journeys.accountId))
    .where(and(open(playbook), after === undefined ? undefined : gt(journeys.id, after)))
    .orderBy(asc(journeys.id))
    .limit(limit);
}
export type InFlight = Awaited<ReturnType<typeof inFlightPage>>[number];
