import { sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';

export type Figures = {
  journeys: { state: string; kind: string; count: number }[];
  commands: { name: string; state: string; count: number }[];
  deliveries: { backlog: number; oldestSeconds: number };
  inDoubt: { count: number; oldestSeconds: number };
  openStops: number;
  openHolds: number;
  unanswered: { count: number; oldestSeconds: number };
};

/** What a monitor watches, counted at `now`; commands are those of the last day. */
export async function readFigures(db: Db, now: Date): Promise<Figures> {
  const at = sql`${now.toISOString()}::timestamptz`;
  const age = (column: string) => sql`coalesce(extract(epoch from ${at} - min(${sql.raw(column)})), 0)::float8`;
  const [journeys, commands, [one]] = await Promise.all([
    db.execute<Figures['journeys'][number]>(
      sql`select state, kind, count(*)::int as count from journeys where ended_at is null group by 1, 2
        union all select state, kind, count(*)::int from journeys where ended_at > ${at} - interval '30 days' group by 1, 2`,
    ),
    db.execute<Figures['commands'][number]>(
      sql`select name, state, count(*)::int as count from commands where received_at > ${at} - interval '1 day' group by 1, 2`,
    ),
    db.execute<Record<string, number>>(sql`
      select d.n as backlog, d.age as backlog_age, m.n as in_doubt, m.age as in_doubt_age, s.n as stops, h.n as holds, c.n as unanswered, c.age as unanswered_age
      from (select count(*)::int as n, ${age('not_before')} as age from deliveries where delivered_at is null and not_before <= ${at}) d,
        (select count(*)::int as n, ${age('intended_at')} as age from messages where state = 'in-doubt') m,
        (select count(*)::int as n from stops where released_at is null and (until is null or until > ${at})) s,
        (select count(*)::int as n from holds where released_at is null and (until is null or until > ${at})) h,
        (select count(*)::int as n, ${age('received_at')} as age from commands where state = 'received') c`),
  ]);
  return {
    journeys: [...journeys],
    commands: [...commands],
    deliveries: { backlog: one!.backlog!, oldestSeconds: one!.backlog_age! },
    inDoubt: { count: one!.in_doubt!, oldestSeconds: one!.in_doubt_age! },
    openStops: one!.stops!,
    openHolds: one!.holds!,
    unanswered: { count: one!.unanswered!, oldestSeconds: one!.unanswered_age! },
  };
}
