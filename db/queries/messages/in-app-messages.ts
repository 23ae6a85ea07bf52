import { and, asc, eq, isNull, ne } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { messages } from '../../schema/messages.ts';
import type { MessageRow } from '../../schema/messages.ts';

/** What waits inside the product for an account's contact, oldest first. */
export function waitingInApp(db: Db, of: { accountId: string; contactId?: string }): Promise<MessageRow[]> {
  return db
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.accountId, of.accountId),
        of.contactId ? eq(messages.contactId, of.contactId) : undefined,
        eq(messages.channel, 'in-app'),
        eq(messages.state, 'sent'),
        isNull(messages.acknowledgedAt),
        // Its words are wiped when it is too old to say anything.
        ne(messages.text, ''),
      ),
    )
    .orderBy(asc(messages.intendedAt), asc(messages.id))
    .limit(100);
}

/** Notes that the customer has seen an in-app message; the first time stands. Undefined when there is no such message. */
export async function acknowledge(
  tx: Tx,
  id: string,
  now: Date,
): Promise<{ row: MessageRow; first: boolean } | undefined> {
  const inApp = and(eq(messages.id, id), eq(messages.channel, 'in-app'));
  const [first] = await tx
    .update(messages)
    .set({ acknowledgedAt: now })
    .where(and(inApp, isNull(messages.acknowledgedAt)))
    .returning();
  if (first) return { row: first, first: true };
  const [row] = await tx.select().from(messages).where(inApp);
  return row && { row, first: false };
}
