import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { contacts, messages } from '../../schema/index.ts';
import type { MessageRow } from '../../schema/index.ts';

/** The ledger row by which one account was told of one occurrence, if an attempt has reserved it. By its contacts: the occurrence alone has a row for every account. */
export async function messageOfItem(
  tx: Tx,
  key: { journeyId: string; step: string; n: number; accountId: string },
): Promise<MessageRow | undefined> {
  const [row] = await tx
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.journeyId, key.journeyId),
        eq(messages.step, key.step),
        eq(messages.n, key.n),
        sql`${messages.contactId} = any(array(select ${contacts.id} from ${contacts} where ${contacts.accountId} = ${key.accountId}))`,
      ),
    )
    .limit(1);
  return row;
}
