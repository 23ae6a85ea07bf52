import { and, eq, lte, or, isNull } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { idempotencyKeys } from '../../schema/control.ts';

export type Claim =
  | { is: 'ours' }
  | { is: 'done'; status: number; body: unknown }
  | { is: 'other-body' }
  | { is: 'in-progress'; lockedUntil: Date };

/** Takes an Idempotency-Key for one request, or says what became of the request that has it. An abandoned claim is taken over after its lock. */
export async function claimKey(
  db: Db,
  claim: { caller: string; key: string; bodyHash: string; now: Date; lockedUntil: Date; expiresAt: Date },
): Promise<Claim> {
  const { now, ...row } = claim;
  const fresh = await db
    .insert(idempotencyKeys)
    .values({ ...row, createdAt: now })
    .onConflictDoUpdate({
      target: [idempotencyKeys.caller, idempotencyKeys.key],
      set: {
        bodyHash: row.bodyHash,
        status: null,
        body: null,
        lockedUntil: row.lockedUntil,
        createdAt: now,
        expiresAt: row.expiresAt,
      },
      setWhere: or(
        lte(idempotencyKeys.expiresAt, now),
        and(
          isNull(idempotencyKeys.status),
          lte(idempotencyKeys.lockedUntil, now),
          eq(idempotencyKeys.bodyHash, row.bodyHash),
        ),
      ),
    })
    .returning({ key: idempotencyKeys.key });
  if (fresh.length === 1) return { is: 'ours' };
  const [found] = await db
    .select()
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.caller, row.caller), eq(idempotencyKeys.key, row.key)));
  if (!found) return { is: 'in-progress', lockedUntil: row.lockedUntil };
  if (found.bodyHash !== row.bodyHash) return { is: 'other-body' };
  if (found.status === null) return { is: 'in-progress', lockedUntil: found.lockedUntil };
  return { is: 'done', status: found.status, body: found.body };
}
