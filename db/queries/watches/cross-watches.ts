import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { lockGates } from '../touches/lock-gate.ts';

export type Crossing = { journeyId: string; accountId: string; id: string; again: boolean };

/** Keeps the open watches of some accounts from everybody else until this transaction ends; answers the accounts that have any. */
export async function holdWatches(tx: Tx, accountIds: string[]): Promise<string[]> {
  if (accountIds.length === 0) return [];
  const open = sql`account_id = any(${sql.param(accountIds)}::text[]) and (fired_at is null or again)`;
  if ((await tx.execute(sql`select 1 from watches where ${open} limit 1`)).length === 0) return [];
  await lockGates(tx, sql`select account_id from watches where ${open}`);
  const rows = await tx.execute<{ account_id: string }>(sql`
    select account_id from watches where ${open} order by journey_id, id for update`);
  return [...new Set(rows.map((row) => row.account_id))];
}

/**
 * Marks the open watches of some accounts whose figure at `now` has crossed its threshold, each once (or each time that it came back, `again`), and answers them; notes of the others which are
 * on the near side and so can cross. A sum without a day is 0; a total is the newest that was recorded, else all that was used; an unknown one has
 * not risen, and must be seen before it can fall.
 */
export async function crossWatches(tx: Tx, accountIds: string[], now: Date): Promise<Crossing[]> {
  if (accountIds.length === 0) return [];
  const at = sql`${now.toISOString()}::timestamptz`;
  const today = sql`${now.toISOString().slice(0, 10)}::date`;
  // The figures are worked out once for each watch before the join: without that the planner may do so for every pair of rows.
  const rows = await tx.execute<{
    journey_id: string;
    account_id: string;
    id: string;
    again: boolean;
    fired: boolean;
  }>(sql`
    with figures as materialized (
      select w.journey_id, w.id, w.armed, w.rises, w.falls, case when w.over_days is null then coalesce(
          (select m.value from metrics m where m.account_id = w.account_id and m.name = w.metric and m.at <= ${at} order by m.day desc limit 1),
          (select sum(u.amount) from usage_days u where u.account_id = w.account_id and u.metric = w.metric and u.day <= ${today}))
        else coalesce((select sum(u.amount) from usage_days u where u.account_id = w.account_id and u.metric = w.metric
          and u.day > ${today} - w.over_days and u.day <= ${today}), 0) end as figure
      from watches w where w.account_id = any(${sql.param(accountIds)}::text[]) and (w.fired_at is null or w.again)),
    moved as materialized (
      select journey_id, id, armed,
        coalesce(figure >= rises, false) or coalesce(figure <= falls, false) as past,
        (rises is not null and coalesce(figure < rises, true)) or coalesce(figure > falls, false) as near
      from figures)
    update watches w set armed = true, fired_at = case when w.fired_at is null and m.armed and m.past then ${at} else null end
    from moved m where w.journey_id = m.journey_id and w.id = m.id
      and case when w.fired_at is null then (m.armed and m.past) or (not m.armed and m.near) else m.near end
    returning w.journey_id, w.account_id, w.id, w.again, w.fired_at is not null as fired`);
  return rows
    .filter((row) => row.fired)
    .map((row) => ({ journeyId: row.journey_id, accountId: row.account_id, id: row.id, again: row.again }));
}
