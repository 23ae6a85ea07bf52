import { and, asc, desc, eq, gt, inArray, isNull, or, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { accounts, consents, contacts, holds, stops, suppressions } from '../../schema/index.ts';
import { newestMetrics } from '../accounts/read-metrics.ts';

export type ContactRow = typeof contacts.$inferSelect;
export type TouchFacts = Awaited<ReturnType<typeof loadTouch>>;

/** An account with all that decides about a touch of it at `now`: contacts in order, newest consents, open holds and stops, newest metrics. */
export async function loadTouch(tx: Tx, accountId: string, now: Date) {
  const [account, people, openHolds, openStops, figures] = await Promise.all([
    tx.select().from(accounts).where(eq(accounts.id, accountId)),
    tx.select().from(contacts).where(eq(contacts.accountId, accountId)).orderBy(asc(contacts.position)),
    tx
      .select()
      .from(holds)
      .where(
        and(eq(holds.accountId, accountId), isNull(holds.releasedAt), or(isNull(holds.until), gt(holds.until, now))),
      )
      .orderBy(asc(holds.at)),
    tx.select().from(stops).where(isNull(stops.releasedAt)).orderBy(asc(stops.at)),
    newestMetrics(tx, accountId, now),
  ]);
  return { account: account[0], contacts: people, holds: openHolds, stops: openStops, metrics: figures };
}

/** The newest word of a contact about a channel, and what suppresses the address; `consent` null when nothing was ever said. */
export async function loadRecipient(tx: Tx, by: { contactId: string; channel: string; addressHash: string | null }) {
  const [said, suppressed] = await Promise.all([
    tx
      .select({ given: consents.given })
      .from(consents)
      .where(and(eq(consents.contactId, by.contactId), eq(consents.channel, by.channel)))
      .orderBy(desc(consents.recordedAt), desc(consents.at), sql`${consents.given} asc`)
      .limit(1),
    by.addressHash === null
      ? []
      : tx
          .select({ scope: suppressions.scope, reason: suppressions.reason })
          .from(suppressions)
          .where(and(inArray(suppressions.channel, [by.channel, 'all']), eq(suppressions.addressHash, by.addressHash))),
  ]);
  return { consent: said[0]?.given ?? null, suppressed };
}
