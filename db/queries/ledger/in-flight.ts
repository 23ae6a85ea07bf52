import { setTimeout as delay } from 'node:timers/promises';
import { and, eq, gt, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { journeys, messages } from '../../schema/index.ts';
import { statement } from '../../statement.ts';

export type InFlightScope = {
  accountId?: string;
  contactId?: string | null;
  channel?: string;
  provider?: string;
  playbook?: string;
};

/** All of one journey, or all but its legal notices. */
export type InFlightOfJourney = { journeyId: string; legal?: false };

const ofJourney = statement<{ n: number }[]>(
  () => sql`
    select count(*)::int as n from messages
    where journey_id = ${sql.placeholder('journeyId')}::uuid and state = 'intended' and lease_until > ${sql.placeholder('now')}::timestamptz
      and (${sql.placeholder('legal')}::boolean or class <> 'legal')`,
);

async function countOfJourney(db: Db | Tx, { journeyId, legal }: InFlightOfJourney, now: Date): Promise<number> {
  const [row] = await ofJourney(db, { journeyId, legal: legal ?? true, now: now.toISOString() });
  return row!.n;
}

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
        scope.accountId ? eq(messages.accountId, scope.accountId) : undefined,
        scope.contactId ? eq(messages.contactId, scope.contactId) : undefined,
        scope.channel ? eq(messages.channel, scope.channel) : undefined,
        scope.provider ? eq(messages.provider, scope.provider) : undefined,
        scope.playbook ? eq(journeys.playbook, scope.playbook) : undefined,
      ),
    );
  return row!.n;
}

const POLL_MS = 50;

/**
 * Waits, no longer than a provider may take, until what was at a provider has settled; answers how many still have not. What may follow a hold or
 * stop has been reserved before it, so the number only falls.
 */
export async function awaitInFlight(
  db: Db,
  scope: InFlightScope | InFlightOfJourney,
  now: Date,
  patienceMs: number,
): Promise<number> {
  for (let waited = 0; ; waited += POLL_MS) {
    const at = new Date(now.getTime() + waited);
    const n = await ('journeyId' in scope ? countOfJourney(db, scope, at) : countInFlight(db, scope, at));
    if (n === 0 || waited >= patienceMs) return n;
    await delay(POLL_MS);
  }
}
