import { randomUUID } from 'node:crypto';
import { and, inArray, isNull } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { holds } from '../../schema/index.ts';
import { lockGate } from '../touches/lock-gate.ts';
import { RELEASE_PER_SECOND, releaseAllWaiters } from '../waiters/release-waiters.ts';

/** What an alert has begun elsewhere is known by: its hold, its page and, with the role, its tasks. */
export const ofAlert = (id: string): string => `alert:${id}`;

export type AlertHold = { alert: string; accountId: string; level: string; reason: string; until: Date };

/** Holds lower levels back for the accounts of alerts, whose rows are locked. */
export async function holdForAlerts(tx: Tx, given: AlertHold[], now: Date): Promise<void> {
  for (const { alert, ...hold } of given.sort((a, b) => (a.accountId < b.accountId ? -1 : 1))) {
    await lockGate(tx, hold.accountId);
    await tx.insert(holds).values({ id: randomUUID(), ...hold, by: ofAlert(alert), at: now });
  }
}

/** Ends what alerts hold back, and wakes it at the set rate. */
export async function releaseAlertHolds(
  tx: Tx,
  alerts: { id: string; account_id: string }[],
  now: Date,
): Promise<void> {
  const accounts = alerts.map((alert) => alert.account_id);
  const by = alerts.map(({ id }) => ofAlert(id));
  const of = and(inArray(holds.accountId, accounts), inArray(holds.by, by), isNull(holds.releasedAt));
  const standing = await tx.select({ id: holds.id, accountId: holds.accountId }).from(holds).where(of);
  if (standing.length === 0) return;
  for (const accountId of standing.map((one) => one.accountId).sort()) await lockGate(tx, accountId);
  const ended = await tx
    .update(holds)
    .set({ releasedAt: now, releasedBy: 'system:alerts' })
    .where(of)
    .returning({ id: holds.id });
  await releaseAllWaiters(tx, { holds: ended.map(({ id }) => id), now, perSecond: RELEASE_PER_SECOND });
}
