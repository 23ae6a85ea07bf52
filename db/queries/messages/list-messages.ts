import { and, desc, eq, sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { messages } from '../../schema/messages.ts';
import type { MessageRow } from '../../schema/messages.ts';

export type MessageFilter = {
  accountId?: string;
  journeyId?: string;
  channel?: string;
  state?: string;
  provider?: string;
};
export type MessageMark = { at: string; id: string };

/** Messages of the ledger, newest first. */
export function listMessages(
  db: Db,
  filter: MessageFilter,
  page: { after?: MessageMark; limit: number },
): Promise<MessageRow[]> {
  const { after } = page;
  return db
    .select()
    .from(messages)
    .where(
      and(
        filter.accountId ? eq(messages.accountId, filter.accountId) : undefined,
        filter.journeyId ? eq(messages.journeyId, filter.journeyId) : undefined,
        filter.channel ? eq(messages.channel, filter.channel) : undefined,
        filter.state ? eq(messages.state, filter.state) : undefined,
        filter.provider ? eq(messages.provider, filter.provider) : undefined,
        after
          ? sql`(${messages.intendedAt}, ${messages.id}) < (${after.at}::timestamptz, ${after.id}::uuid)`
          : undefined,
      ),
    )
    .orderBy(desc(messages.intendedAt), desc(messages.id))
    .limit(page.limit);
}

/** One message of the ledger. */
export async function readMessage(db: Db, id: string): Promise<MessageRow | undefined> {
  const [row] = await db.select().from(messages).where(eq(messages.id, id));
  return row;
}
