import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { messages } from '../../schema/index.ts';
import type { MessageRow } from '../../schema/index.ts';
import { statement } from '../../statement.ts';

const contactId = sql.placeholder('contactId');

const find = statement((db) =>
  db
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.journeyId, sql.placeholder('journeyId')),
        eq(messages.step, sql.placeholder('step')),
        eq(messages.n, sql.placeholder('n')),
        sql`(${contactId}::uuid is null or ${messages.contactId} = ${contactId}::uuid)`,
      ),
    )
    .limit(1),
);

/** The ledger row of one occurrence of a step (and recipient, where it tells several), if an attempt has reserved it. Its recipient is frozen. */
export async function findMessage(
  tx: Tx,
  key: { journeyId: string; step: string; n: number; contactId?: string | undefined },
): Promise<MessageRow | undefined> {
  const [row] = await find(tx, key);
  return row;
}
