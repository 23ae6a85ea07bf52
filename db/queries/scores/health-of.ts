import { sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import type { Contribution } from '../../schema/scores.ts';

export type HealthRow = {
  model: string;
  band: string;
  score: number;
  drivers: string[];
  trend: number;
  improvingWeeks: number;
};
type Row = {
  band: string;
  score: number | null;
  contributions: Contribution[] | null;
  readings: { days: number; score: number }[] | null;
};

const DRIVERS = 3;
/** Points over 30 days from which a trend counts as improving. */
const IMPROVING = 2;
const WEEKS = [0, 7, 14, 21];
const MONTH = 30;

/** How an account does by a model at `now`: its band in force, its newest score, what drives that and how it has moved; undefined when never scored. */
export async function healthOf(
  db: Db | Tx,
  { account, model, now }: { account: string; model: string; now: Date },
): Promise<HealthRow | undefined> {
  const days = [...WEEKS, ...WEEKS.map((week) => week + MONTH)];
  const at = sql`${now.toISOString()}::timestamptz`;
  const [row] = await db.execute<Row>(sql`
    select b.band, b.score,
      (select s.contributions from scores s where s.account_id = b.account_id and s.model = b.model and s.at <= ${at}
        order by s.at desc, s.seq desc limit 1) as contributions,
      (select jsonb_agg(jsonb_build_object('days', o.days, 'score', r.score))
        from unnest(${sql.param(days)}::int[]) o(days)
        cross join lateral (select s.score from scores s where s.account_id = b.account_id and s.model = b.model and s.score is not null
          and s.at <= ${at} - o.days * interval '1 day' order by s.at desc, s.seq desc limit 1) r) as readings
    from bands b where b.account_id = ${account} and b.model = ${model}`);
  if (!row) return undefined;
  const reading = new Map((row.readings ?? []).map((one) => [one.days, one.score]));
  const trend = (ago: number) => (reading.get(ago) ?? NaN) - (reading.get(ago + MONTH) ?? NaN);
  const broken = WEEKS.findIndex((week) => !(trend(week) >= IMPROVING));
  return {
    ...{ model, band: row.band, score: row.score ?? NaN, trend: trend(0) },
    drivers: driversOf(row.contributions ?? []),
    improvingWeeks: broken < 0 ? WEEKS.length : broken,
  };
}

/** What costs the most points, worst first; of a model of rules, what called for its band. */
function driversOf(contributions: Contribution[]): string[] {
  const rules = contributions.every(({ weight }) => weight === 0 || weight === 1);
  const lost = ({ weight, points }: Contribution) => (rules ? points : weight * 100 - points);
  return contributions
    .filter((one) => lost(one) > 0.5)
    .sort((a, b) => lost(b) - lost(a))
    .slice(0, DRIVERS)
    .map(({ metric }) => metric);
}
