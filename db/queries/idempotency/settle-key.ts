import { and, eq, isNull } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { idempotencyKeys } from '../../schema/control.ts';

/** Keeps the answer for repeats; undefined frees the key, so that a repeat is worked on anew. */
export async function settleKey(
  db: Db,
  claim: { caller: string; key: string },
  answer: { status: number; body: unknown } | undefined,
): Promise<void> {
  const ours = and(
    eq(idempotencyKeys.caller, claim.caller),
    eq(idempotencyKeys.key, claim.key),
    isNull(idempotencyKeys.status),
  );
  if (answer) await db.update(idempotencyKeys).set({ status: answer.status, body: answer.body }).where(ours);
  else await db.delete(idempotencyKeys).where(ours);
}
