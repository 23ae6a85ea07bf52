import { and, eq, gt, ne, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { messages } from '../../schema/index.ts';

/** Messages of a contact, channel and class that count against a cap since a moment: reserved, sent or in doubt. */
export async function countForCap(
  tx: Tx,
  by: { contactId: string; channel: string; class: string; since: Date; except?: string },
): Promise<number> {
  const [row] = await tx
    .select({ n: sql<number>`count(*)::int` })
    .from(messages)
    .where(
      and(
        eq(messages.contactId, by.contactId),
        eq(messages.channel, by.channel),
        eq(messages.class, by.class),
        eq(messages.countsForCap, true),
        gt(messages.intendedAt, by.since),
        by.except ? ne(messages.id, by.except) : undefined,
      ),
    );
  return row!.n;
}
