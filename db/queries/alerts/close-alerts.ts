import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { changePages } from '../pages/change-pages.ts';
import { ofAlert, releaseAlertHolds } from './alert-holds.ts';

/** Closes the open alerts of these types of some accounts, with the tasks and calls that they gave and what they held back; `by`: `recovered`, or who closed them. */
export async function closeAlerts(
  tx: Tx,
  {
    accountIds,
    types,
    by,
    outcome,
    now,
  }: { accountIds: string[]; types: string[]; by: string; outcome?: string; now: Date },
): Promise<number> {
  if (accountIds.length === 0 || types.length === 0) return 0;
  const at = sql`${now.toISOString()}::timestamptz`;
  const closed = await tx.execute<{ id: string; account_id: string }>(sql`
    update alerts set closed_at = ${at}, closed_by = ${by}, outcome = ${outcome ?? null}
    where account_id = any(${sql.param(accountIds)}::text[]) and type = any(${sql.param(types)}::text[]) and closed_at is null
    returning id, account_id`);
  if (closed.length > 0) {
    const keys = closed.map(({ id }) => ofAlert(id));
    await tx.execute(sql`
      update tasks set changed_in = pg_current_xact_id(), state = 'cancelled', outcome = ${by === 'recovered' ? by : 'closed'}, ended_at = ${at}
      where account_id = any(${sql.param(accountIds)}::text[]) and state = 'open' and split_part(key, '/', 1) = any(${sql.param(keys)}::text[])`);
    await changePages(tx, { keys }, { to: 'resolved', now });
    await releaseAlertHolds(tx, [...closed], now);
  }
  return closed.length;
}
