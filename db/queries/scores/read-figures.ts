import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';

/** What was used, by window: sums of the last days, of those before them, days and weeks with use, and days since the last use (91: longer ago). */
export type Used = {
  sum7: number;
  sum30: number;
  sum90: number;
  prior28: number;
  prior30: number;
  days30: number;
  weeks4: number;
  idleDays: number;
};
/** What is known of an account's warnings. */
export type Warned = {
  openPaymentFailure: number;
  paymentFailures90: number;
  openNegativeSentiment: number;
  openUsageDrop: number;
  cancellation30: number;
};
export type Figures = { metrics: Map<string, number>; used: Map<string, Used>; warned: Warned };

/** In the map of what was used: everything together. */
export const ANYTHING = '*';
const OPEN: [keyof Warned, string][] = [
  ['openPaymentFailure', 'payment_failure'],
  ['openNegativeSentiment', 'support_ticket_negative_sentiment'],
  ['openUsageDrop', 'usage_drop_50_percent'],
];

type Row<T> = T & { account_id: string };

/** The figures of some accounts at `now`, in four statements however many they are. `metrics`: the names that are wanted. */
export async function readFigures(
  tx: Tx,
  { ids, metrics, now }: { ids: string[]; metrics: string[]; now: Date },
): Promise<Map<string, Figures>> {
  const all = new Map(ids.map((id) => [id, { metrics: new Map(), used: new Map(), warned: noWarning() } as Figures]));
  if (ids.length === 0) return all;
  for (const row of await newestMetrics(tx, ids, metrics, now))
    all.get(row.account_id)!.metrics.set(row.name, row.value);
  for (const { account_id, metric, ...used } of await usedBy(tx, ids, now)) all.get(account_id)!.used.set(metric, used);
  for (const row of await warnings(tx, ids, now)) {
    const { warned } = all.get(row.account_id)!;
    for (const [name, type] of OPEN) if (row.type === type && row.open) warned[name] = 1;
    if (row.type === 'payment_failure') warned.paymentFailures90 = row.last90;
    if (row.type === 'cancellation_intent_detected') warned.cancellation30 = row.last30;
  }
  return all;
}

const noWarning = (): Warned => ({
  openPaymentFailure: 0,
  paymentFailures90: 0,
  openNegativeSentiment: 0,
  openUsageDrop: 0,
  cancellation30: 0,
});

const texts = (values: string[]) => sql`${sql.param(values)}::text[]`;
const today = (now: Date) => sql`${now.toISOString().slice(0, 10)}::date`;
const at = (now: Date) => sql`${now.toISOString()}::timestamptz`;

// A probe of the index for each account and name: reading all days of all metrics costs a hundred times as much with a year of history.
const newestMetrics = (tx: Tx, ids: string[], names: string[], now: Date) =>
  tx.execute<Row<{ name: string; value: number }>>(sql`
    select a.id as account_id, n.name, m.value from unnest(${texts(ids)}) a(id) cross join unnest(${texts(names)}) n(name)
    cross join lateral (select value from metrics m where m.account_id = a.id and m.name = n.name and m.day <= ${today(now)} and m.at <= ${at(now)}
      order by m.day desc limit 1) m`);

const usedBy = (tx: Tx, ids: string[], now: Date) =>
  tx.execute<Row<{ metric: string } & Used>>(sql`
    with days as (
      select u.account_id, u.metric, u.amount, ${today(now)} - u.day as ago from usage_days u
      where u.account_id = any(${texts(ids)}) and u.day > ${today(now)} - 91 and u.day <= ${today(now)}),
    old as (
      select a.id as account_id from unnest(${texts(ids)}) a(id)
      where exists (select 1 from usage_days u where u.account_id = a.id and u.day <= ${today(now)} - 91))
    select account_id, coalesce(metric, ${ANYTHING}) as metric,
      coalesce(sum(amount) filter (where ago < 7), 0) as "sum7",
      coalesce(sum(amount) filter (where ago < 30), 0) as "sum30",
      coalesce(sum(amount) filter (where ago < 90), 0) as "sum90",
      coalesce(sum(amount) filter (where ago >= 7 and ago < 35), 0) as "prior28",
      coalesce(sum(amount) filter (where ago >= 30 and ago < 60), 0) as "prior30",
      (count(distinct ago) filter (where ago < 30 and amount > 0))::int as "days30",
      (count(distinct ago / 7) filter (where ago < 28 and amount > 0))::int as "weeks4",
      coalesce(min(ago) filter (where amount > 0), 91)::int as "idleDays"
    from days group by grouping sets ((account_id, metric), (account_id))
    union all
    select account_id, ${ANYTHING}, 0, 0, 0, 0, 0, 0, 0, 91 from old
    where not exists (select 1 from days where days.account_id = old.account_id)`);

const warnings = (tx: Tx, ids: string[], now: Date) =>
  tx.execute<Row<{ type: string; open: boolean; last90: number; last30: number }>>(sql`
    select account_id, type, bool_or(closed_at is null) as open,
      count(*) filter (where opened_at > ${at(now)} - interval '90 days')::int as last90,
      count(*) filter (where opened_at > ${at(now)} - interval '30 days')::int as last30
    from alerts where account_id = any(${texts(ids)}) and opened_at <= ${at(now)}
      and (closed_at is null or opened_at > ${at(now)} - interval '90 days')
    group by account_id, type`);
