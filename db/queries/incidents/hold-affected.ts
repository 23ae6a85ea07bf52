import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { DELIVERIES_CHANNEL } from '../deliveries/tell-journeys.ts';
import { lockGates } from '../touches/lock-gate.ts';

/** These accounts, and then their gates: every touch has either reserved what it sends, or will see what changes here. */
async function lockAll(tx: Tx, of: SQL): Promise<void> {
  await tx.execute(sql`select 1 from accounts a where a.id in (${of}) order by a.id for no key update of a`);
  await tx.execute(sql`insert into gates (account_id) ${of} order by 1 on conflict do nothing`);
  await lockGates(tx, of);
}

/** Holds every affected account that has no hold of this incident yet, at `level`. Answers how many. */
export async function holdAffected(
  tx: Tx,
  i: { incidentId: string; level: string; reason: string; by: string; now: Date },
): Promise<number> {
  const { incidentId, level, reason, by, now } = i;
  await lockAll(
    tx,
    sql`select account_id from incident_accounts where incident_id = ${incidentId}::uuid and removed_at is null and hold_id is null`,
  );
  const placed = await tx.execute(sql`
    with free as (
      update incident_accounts set hold_id = gen_random_uuid()
      where incident_id = ${incidentId}::uuid and removed_at is null and hold_id is null
      returning hold_id, account_id)
    insert into holds (id, account_id, level, reason, by, at)
    select hold_id, account_id, ${level}, ${reason}, ${by}, ${now.toISOString()}::timestamptz from free
    returning 1`);
  return placed.length;
}

/**
 * Ends the incident's holds: all, or those of accounts that were taken out of its scope. What waits on them is woken at a set rate, highest class first,
 * and decided anew. Answers how many holds ended and how many journeys will be woken.
 */
export async function releaseAffected(
  tx: Tx,
  i: { incidentId: string; only: 'removed' | 'all'; by: string; now: Date; perSecond: number },
): Promise<{ released: number; woken: number }> {
  const { incidentId, only, by, now, perSecond } = i;
  const at = now.toISOString();
  const which = sql`ia.incident_id = ${incidentId}::uuid and ia.hold_id is not null
    and (${only === 'all'}::boolean or ia.removed_at is not null)`;
  await lockAll(tx, sql`select ia.account_id from incident_accounts ia where ${which}`);
  const released = await tx.execute<{ id: string }>(sql`
    update holds h set released_at = ${at}::timestamptz, released_by = ${by}
    from incident_accounts ia where ${which} and h.id = ia.hold_id and h.released_at is null
    returning h.id`);
  const ids = sql.param(released.map((row) => row.id));
  const woken = await tx.execute(sql`
    with waiting as (
      select distinct on (w.journey_id) w.journey_id, j.account_id, substr(w.hold, 6) hold_id, w.hold, w.rank, w.since
      from waiters w join journeys j on j.id = w.journey_id
      where w.hold in (select 'hold:' || x from unnest(${ids}::text[]) x)
      order by w.journey_id, w.rank, w.since),
    ranked as (select *, row_number() over (order by rank, since, journey_id) - 1 as k from waiting)
    insert into deliveries (account_id, journey_id, cause_id, happening, created_at, not_before)
    select account_id, journey_id, 'released:' || hold_id || ':' || journey_id,
      jsonb_build_object('t', 'released', 'id', 'released:' || hold_id || ':' || journey_id, 'hold', hold, 'at', ${now.getTime()}::bigint),
      ${at}::timestamptz, ${at}::timestamptz + floor(k / ${perSecond}::float8) * interval '1 second'
    from ranked order by k
    on conflict do nothing returning 1`);
  await tx.execute(sql`delete from waiters where hold in (select 'hold:' || x from unnest(${ids}::text[]) x)`);
  await tx.execute(sql`update incident_accounts ia set hold_id = null where ${which}`);
  if (woken.length > 0) await tx.execute(sql`select pg_notify(${DELIVERIES_CHANNEL}, '')`);
  return { released: released.length, woken: woken.length };
}
