import { and, asc, isNull, lte, ne, sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { stops } from '../../schema/control.ts';
import { CIRCUIT } from '../holds/circuit.ts';

/** Ids of stops whose time is over; the automatic stop of a dead provider ends by a probe alone. */
export async function overStops(db: Db, now: Date, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: stops.id })
    .from(stops)
    .where(and(isNull(stops.releasedAt), lte(stops.until, now), ne(stops.by, CIRCUIT)))
    .orderBy(asc(stops.until))
    .limit(limit);
  return rows.map((row) => row.id);
}

export type Doubtful = {
  id: string;
  journey_id: string;
  account_id: string;
  step: string;
  n: number;
  provider: string;
  owner: string | null;
};

/** Messages in doubt since before `before` that no task asks about. */
export async function forgottenDoubts(db: Db, before: Date, limit: number): Promise<Doubtful[]> {
  return db.execute<Doubtful>(sql`
    select m.id, m.journey_id, m.account_id, m.step, m.n, m.provider, j.owner from messages m join journeys j on j.id = m.journey_id
    where m.state = 'in-doubt' and m.intended_at < ${before.toISOString()}::timestamptz
      and not exists (select 1 from tasks t where t.key in (
        m.journey_id || '/' || m.step || '/' || m.n || '/in-doubt', m.journey_id || '/' || m.step || '/' || m.n || '/in-doubt/' || m.contact_id))
    order by m.intended_at limit ${limit}`);
}
