import type { Tx } from '../../database.ts';
import { accounts, gates } from '../../schema/index.ts';

/** The internal account that an incident runs for when it concerns no single customer; made at its first use. */
export async function ensurePlatform(
  tx: Tx,
  i: { id: string; plan: string; timeZone: string; now: Date },
): Promise<void> {
  const { id, plan, timeZone, now } = i;
  const row = { id, name: 'The platform itself', plan, timeZone, facts: {}, rev: 1, createdAt: now, updatedAt: now };
  await tx
    .insert(accounts)
    .values({ ...row, internal: true })
    .onConflictDoNothing();
  await tx.insert(gates).values({ accountId: id }).onConflictDoNothing();
}
