import { and, eq } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { messages } from '../../schema/index.ts';
import type { MessageRow } from '../../schema/index.ts';

/** The ledger row of one occurrence of a step, if an attempt has reserved it. Its recipient is frozen. */
export async function findMessage(
  tx: Tx,
  key: { journeyId: string; step: string; n: number },
): Promise<MessageRow | undefined> {
  const [row] = await tx
    .select()
    .from(messages)
    .where(and(eq(messages.journeyId, key.journeyId), eq(messages.step, key.step), eq(messages.n, key.n)))
    .limit(1);
  return row;
}
