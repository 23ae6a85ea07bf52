import { eq, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { accounts } from '../../schema/accounts.ts';

/** Merges facts into an account; null takes one away. */
export async function mergeFacts(tx: Tx, accountId: string, facts: Record<string, unknown>, now: Date): Promise<void> {
  const gone = Object.keys(facts).filter((name) => facts[name] === null);
  const kept = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null));
  await tx
    .update(accounts)
    .set({
      facts: sql`(${accounts.facts} || ${JSON.stringify(kept)}::jsonb) - ${sql.param(gone)}::text[]`,
      rev: sql`${accounts.rev} + 1`,
      updatedAt: now,
    })
    .where(eq(accounts.id, accountId));
}
