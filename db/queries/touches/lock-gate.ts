import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { gates } from '../../schema/index.ts';

const STOPS_LOCK = 7466874;

/** Makes this transaction the only one that decides about an account; held until it ends. */
export async function lockGate(tx: Tx, accountId: string): Promise<void> {
  const lock = sql`select account_id from gates where account_id = ${accountId} for no key update`;
  await untilThere(tx, accountId, lock);
}

/** What every touch holds while it decides: its account's gate, and that nobody is placing a stop. */
export async function lockTouch(tx: Tx, accountId: string): Promise<void> {
  const lock = sql`
    select account_id, pg_advisory_xact_lock_shared(${STOPS_LOCK}::bigint)
    from gates where account_id = ${accountId} for no key update`;
  await untilThere(tx, accountId, lock);
}

/** Taken by who places a stop: every touch has either reserved what it sends, or will see the stop. */
export async function lockStops(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${STOPS_LOCK}::bigint)`);
}

async function untilThere(tx: Tx, accountId: string, lock: ReturnType<typeof sql>): Promise<void> {
  const held = await tx.execute(lock);
  if (held.length > 0) return;
  await tx.insert(gates).values({ accountId }).onConflictDoNothing();
  await tx.execute(lock);
}
