import { eq, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { accounts } from '../../schema/accounts.ts';

/** Puts an account on another plan. */
export async function changePlan(tx: Tx, accountId: string, plan: string, now: Date): Promise<void> {
  await tx
    .update(accounts)
    .set({ plan, rev: sql`${accounts.rev} + 1`, updatedAt: now })
    .where(eq(accounts.id, accountId));
}
