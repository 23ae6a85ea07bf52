import { eq, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { accounts } from '../../schema/index.ts';

/** Sets one fact of an account. */
export async function setFact(
  tx: Tx,
  i: { accountId: string; name: string; value: unknown; now: Date },
): Promise<void> {
  const patch = JSON.stringify({ [i.name]: i.value });
  await tx
    .update(accounts)
    .set({ facts: sql`${accounts.facts} || ${patch}::jsonb`, updatedAt: i.now, rev: sql`${accounts.rev} + 1` })
    .where(eq(accounts.id, i.accountId));
}

/** Puts an account on another plan. */
export async function setPlan(tx: Tx, i: { accountId: string; plan: string; now: Date }): Promise<void> {
  await tx
    .update(accounts)
    .set({ plan: i.plan, updatedAt: i.now, rev: sql`${accounts.rev} + 1` })
    .where(eq(accounts.id, i.accountId));
}
