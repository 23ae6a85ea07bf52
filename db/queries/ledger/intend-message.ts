import { eq } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { messages } from '../../schema/index.ts';
import type { MessageRow } from '../../schema/index.ts';
import { statement, wholeRow } from '../../statement.ts';

const { values, empty } = wholeRow(messages);

const insert = statement((db) => db.insert(messages).values(values));

/** Reserves a message before anything leaves: the row is the right to send it, and counts against the cap at once. */
export async function intendMessage(tx: Tx, row: typeof messages.$inferInsert): Promise<MessageRow> {
  const written = { ...empty, ...row } as MessageRow;
  await insert(tx, written);
  return written;
}

/** Takes a reserved message that is proven not to have left for another attempt under a new lease. */
export async function retryMessage(
  tx: Tx,
  id: string,
  lease: { attempt: number; leaseUntil: Date; provider: string },
): Promise<MessageRow> {
  const [row] = await tx
    .update(messages)
    .set({ ...lease, state: 'intended', error: null })
    .where(eq(messages.id, id))
    .returning();
  return row!;
}
