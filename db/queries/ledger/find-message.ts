import { and, eq } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { messages } from '../../schema/index.ts';
import type { MessageRow } from '../../schema/index.ts';

/** The ledger row of one occurrence of a step (and recipient, where it tells several), if an attempt has reserved it. Its recipient is frozen. */
export async function findMessage(
  tx: Tx,
  key: { journeyId: string; step: string; n: number; contactId?: string | undefined },
): Promise<MessageRow | undefined> {
  const [row] = await tx
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.journeyId, key.journeyId),
        eq(messages.step, key.step),
        eq(messages.n, key.n),
        key.contactId === undefined ? undefined : eq(messages.contactId, key.contactId),
      ),
    )
    .limit(1);
  return row;
}
