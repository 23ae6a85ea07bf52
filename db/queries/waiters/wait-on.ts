import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { waiters } from '../../schema/index.ts';
import { CIRCUIT } from '../holds/circuit.ts';

/** Enters a touch among those that a hold's end wakes; it waits on one thing at a time. */
export async function waitOn(
  tx: Tx,
  w: { hold: string; journeyId: string; step: string; rank: number; since: Date; recheck: Date },
): Promise<void> {
  await leaveWaiters(tx, w);
  await tx.insert(waiters).values(w);
}

/** A touch that waits no longer: it was decided. */
export async function leaveWaiters(tx: Tx, by: { journeyId: string; step: string }): Promise<void> {
  await tx.delete(waiters).where(and(eq(waiters.journeyId, by.journeyId), eq(waiters.step, by.step)));
}

/** Nothing of an ended journey waits. */
export async function forgetWaiters(tx: Tx, journeyId: string): Promise<void> {
  await tx.delete(waiters).where(eq(waiters.journeyId, journeyId));
}

/** Whether what a touch was held by stands no more at `now`. To be asked under the locks of a touch: what stands then wakes whoever enters itself. */
export async function isOver(tx: Tx, i: { hold: string; journeyId: string; now: Date }): Promise<boolean> {
  const [kind, name] = i.hold.split(/:(.*)/s);
  const open = sql`released_at is null and (until is null or until > ${i.now.toISOString()}::timestamptz)`;
  const stands = {
    hold: sql`select 1 from holds where id::text = ${name} and ${open}`,
    stop: sql`select 1 from stops where id::text = ${name} and ${open}`,
    provider: sql`select 1 from stops where by = ${CIRCUIT} and target = ${name} and released_at is null`,
    paused: sql`select 1 from journeys where id = ${i.journeyId}::uuid and stop_flag is not null`,
  }[kind!];
  return stands !== undefined && (await tx.execute(stands)).length === 0;
}
