/**
 * Owns the order in which transactions take locks. Whoever follows it never waits for one that waits for it:
 *
 *   1. accounts, in the order of their ids: whoever changes them, starts or ends journeys of theirs, or needs the gates of several;
 *   2. stops: shared by who decides about a touch, alone by who places or ends one;
 *   3. the account's gate;
 *   4. the journey's row;
 *   5. all that belongs to a journey or an account: offers, tasks, surveys, decisions, messages, watches, waiters, deliveries.
 *
 * An incident's row comes after the row of its own journey, and before the accounts that it affects.
 */
import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { gates } from '../../schema/index.ts';
import { statement } from '../../statement.ts';

const STOPS_LOCK = 7466874;

const gate = statement<{ held: number }[]>(
  () => sql`select 1 as held from gates where account_id = ${sql.placeholder('accountId')} for no key update`,
);

const gateOf = statement<{ held: number }[]>(
  () => sql`
    select 1 as held from gates where account_id = (select account_id from journeys where id = ${sql.placeholder('journeyId')}::uuid) for no key update`,
);

// One statement, and the stops come first: a row is locked once all that is selected with it has been worked out.
const gateAfterStops = statement<{ held: number }[]>(
  () => sql`
    select pg_advisory_xact_lock_shared(${sql.raw(String(STOPS_LOCK))}::bigint) as held from gates
    where account_id = ${sql.placeholder('accountId')} for no key update`,
);

/** Makes this transaction the only one that decides about an account; held until it ends. */
export async function lockGate(tx: Tx, accountId: string): Promise<void> {
  const held = await gate(tx, { accountId });
  if (held.length === 0) await makeGate(tx, accountId);
}

/** The same for the account of a journey. */
export async function lockGateOf(tx: Tx, journeyId: string): Promise<void> {
  await gateOf(tx, { journeyId });
}

/** The gates of several accounts, in order; `of` selects their ids. */
export async function lockGates(tx: Tx, of: SQL): Promise<void> {
  await tx.execute(sql`
    select 1 from gates g where g.account_id in (${of}) order by g.account_id for no key update of g`);
}

/** What every touch holds while it decides: that nobody is placing or ending a stop, and its account's gate. */
export async function lockTouch(tx: Tx, accountId: string): Promise<void> {
  const held = await gateAfterStops(tx, { accountId });
  if (held.length > 0) return;
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${STOPS_LOCK}::bigint)`);
  await makeGate(tx, accountId);
}

/** Taken by who places or ends a stop: every touch has either reserved what it sends or entered itself as waiting, or will see what changed. */
export async function lockStops(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${STOPS_LOCK}::bigint)`);
}

async function makeGate(tx: Tx, accountId: string): Promise<void> {
  await tx.insert(gates).values({ accountId }).onConflictDoNothing();
  await gate(tx, { accountId });
}
