import { and, eq, isNull } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { apiKeys } from '../../schema/control.ts';

/** Ends a key; false when there is no such key in force. */
export async function revokeKey(tx: Tx, id: string, now: Date): Promise<boolean> {
  const rows = await tx
    .update(apiKeys)
    .set({ revokedAt: now })
    .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id });
  return rows.length === 1;
}
