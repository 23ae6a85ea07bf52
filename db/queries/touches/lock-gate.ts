import { eq, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { gates } from '../../schema/index.ts';

/** Makes this transaction the only one that decides about an account; held until it ends. */
export async function lockGate(tx: Tx, accountId: string): Promise<void> {
  const held = await tx.select().from(gates).where(eq(gates.accountId, accountId)).for('no key update');
  if (held.length > 0) return;
  await tx.insert(gates).values({ accountId }).onConflictDoNothing();
  await tx.select().from(gates).where(eq(gates.accountId, accountId)).for('no key update');
}

const STOPS_LOCK = 7466874;

/** Taken by every touch: a stop is being placed by nobody while it decides. */
export async function lockStopsShared(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${STOPS_LOCK}::bigint)`);
}

/** Taken by who places a stop: every touch has either reserved what it sends, or will see the stop. */
export async function lockStopsExclusive(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${STOPS_LOCK}::bigint)`);
}
