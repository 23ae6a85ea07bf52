import { and, eq, gt, lte, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { journeys, messages } from '../../schema/index.ts';

export type InFlightScope = { accountId?: string; contactId?: string | null; channel?: string; provider?: string; playbook?: string };

/** How many messages of the scope may be at a provider at this moment: reserved, and their lease still runs. */
export async function countInFlight(db: Db | Tx, scope: InFlightScope, now: Date): Promise<number> {
  const [row] = await db
    .select({ n: sql<number>`count(*)::int` })
    .from(messages)
    .innerJoin(journeys, eq(journeys.id, messages.journeyId))
    .where(
      and(
        eq(messages.state, 'intended'),
        gt(messages.leaseUntil, now),
        lte(messages.intendedAt, now),
        scope.accountId ? eq(messages.accountId, scope.accountId) : undefined,
        scope.contactId ? eq(messages.contactId, scope.contactId) : undefined,
        scope.channel ? eq(messages.channel, scope.channel) : undefined,
        scope.provider ? eq(messages.provider, scope.provider) : undefined,
        scope.playbook ? eq(journeys.playbook, scope.playbook) : undefined,
      ),
    );
  return row!.n;
}
