import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';

export type Usage = { account: string; metric: string; day: string; amount: number };

/**
 * Remembers the ids of usage events; `fresh` are those that are new, `reused` one that was used with another body, by usage or by any other event.
 * In the order of ids, so that two batches that share some cannot block each other.
 */
export async function rememberUsage(
  tx: Tx,
  rows: { id: string; hash: string }[],
  now: Date,
): Promise<{ fresh: Set<string>; reused?: string }> {
  const json = JSON.stringify(rows);
  const added = await tx.execute<{ id: string }>(sql`
    insert into usage_seen (id, body_hash, seen_at)
    select id, hash, ${now.toISOString()}::timestamptz from jsonb_to_recordset(${json}::jsonb) as r(id text, hash text) order by id
    on conflict (id) do nothing returning id`);
  const fresh = new Set(added.map((row) => row.id));
  const old = rows.filter((row) => !fresh.has(row.id));
  const [elsewhere] = await tx.execute<{ id: string }>(sql`
    select e.id from events e where e.id = any(${sql.param([...fresh])}::text[])
    union all
    select s.id from usage_seen s join jsonb_to_recordset(${JSON.stringify(old)}::jsonb) as r(id text, hash text) on r.id = s.id
    where s.body_hash <> r.hash limit 1`);
  return { fresh, reused: elsewhere?.id };
}

/** One of these ids that a usage event has, if any. */
export async function usedByUsage(tx: Tx, ids: string[]): Promise<string | undefined> {
  const [found] = await tx.execute<{ id: string }>(
    sql`select id from usage_seen where id = any(${sql.param(ids)}::text[]) limit 1`,
  );
  return found?.id;
}

/** Adds amounts to the days of accounts, in one statement; `rows` are distinct by account, metric and day. */
export async function addUsage(tx: Tx, rows: Usage[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.execute(sql`
    insert into usage_days (account_id, metric, day, amount)
    select account, metric, day, amount from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(account text, metric text, day date, amount float8) order by account, metric, day
    on conflict (account_id, metric, day) do update set amount = usage_days.amount + excluded.amount`);
}
