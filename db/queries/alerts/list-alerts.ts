import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { alerts } from '../../schema/scores.ts';
import { changePages } from '../pages/change-pages.ts';
import { ofAlert } from './alert-holds.ts';

export type AlertRow = typeof alerts.$inferSelect;
export type AlertFilter = { account?: string; type?: string; open?: boolean };

/** Alerts, the newest first; `before` is where the page before ended. */
export function listAlerts(
  db: Db,
  { account, type, open }: AlertFilter,
  page: { before?: { at: Date; id: string }; limit: number },
): Promise<AlertRow[]> {
  const { before } = page;
  return db
    .select()
    .from(alerts)
    .where(
      and(
        account === undefined ? undefined : eq(alerts.accountId, account),
        type === undefined ? undefined : eq(alerts.type, type),
        open === undefined ? undefined : open ? isNull(alerts.closedAt) : sql`${alerts.closedAt} is not null`,
        before &&
          sql`(${alerts.openedAt}, ${alerts.id}) < (${before.at.toISOString()}::timestamptz, ${before.id}::uuid)`,
      ),
    )
    .orderBy(desc(alerts.openedAt), desc(alerts.id))
    .limit(page.limit);
}

/** An alert's row, locked. */
export async function lockAlert(tx: Tx, id: string): Promise<AlertRow | undefined> {
  const [row] = await tx.select().from(alerts).where(eq(alerts.id, id)).for('update');
  return row;
}

/** Notes who has taken an alert up, and so its call; answers the row as it then is. */
export async function acknowledgeAlert(tx: Tx, id: string, by: string, now: Date): Promise<AlertRow> {
  await changePages(tx, { keys: [ofAlert(id)] }, { to: 'acknowledged', now });
  const [row] = await tx
    .update(alerts)
    .set({ acknowledgedAt: now, acknowledgedBy: by })
    .where(eq(alerts.id, id))
    .returning();
  return row!;
}
