import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { crmAccounts, crmNotes, crmOpportunities } from '../../schema/index.ts';

/** Moves an account to a stage of life; an older move never overwrites a newer one. */
export async function setStage(tx: Tx, i: { accountId: string; stage: string; at: Date }): Promise<void> {
  await tx
    .insert(crmAccounts)
    .values({ accountId: i.accountId, stage: i.stage, updatedAt: i.at })
    .onConflictDoUpdate({
      target: crmAccounts.accountId,
      set: { stage: i.stage, updatedAt: i.at },
      setWhere: sql`${crmAccounts.updatedAt} <= excluded.updated_at`,
    });
}

/** Names who owns an account. */
export async function setOwner(tx: Tx, i: { accountId: string; owner: string; at: Date }): Promise<void> {
  await tx
    .insert(crmAccounts)
    .values({ accountId: i.accountId, stage: 'unknown', owner: i.owner, updatedAt: i.at })
    .onConflictDoUpdate({ target: crmAccounts.accountId, set: { owner: i.owner } });
}

/** Leaves a note once per key. */
export async function addNote(
  tx: Tx,
  i: { key: string; accountId: string; text: string; author: string; at: Date },
): Promise<void> {
  await tx.insert(crmNotes).values(i).onConflictDoNothing();
}

/** Opens an opportunity once per key; `amountMinor` in minor units of `currency`. */
export async function openOpportunity(
  tx: Tx,
  i: {
    key: string;
    accountId: string;
    title: string;
    amountMinor: number | null;
    currency: string;
    stage: string;
    at: Date;
  },
): Promise<void> {
  await tx.insert(crmOpportunities).values(i).onConflictDoNothing();
}
