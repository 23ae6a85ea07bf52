import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { Db } from '../../database.ts';

const at = (moment: Date) => sql`${moment.toISOString()}::timestamptz`;

/** Deletes the oldest rows that `old` names by their physical place, and answers how many. */
async function purge(db: Db, table: SQL, old: SQL): Promise<number> {
  const [row] = await db.execute<{ n: number }>(sql`
    with old as (${old}), gone as (delete from ${table} x using old where x.ctid = old.ctid returning 1)
    select count(*)::int as n from gone`);
  return row!.n;
}

/** The same for a table whose rows go by the time in one of their columns. */
const purgeBy =
  (column: SQL, table: SQL, only = sql`true`) =>
  (db: Db, before: Date, limit: number): Promise<number> =>
    purge(
      db,
      table,
      sql`select ctid from ${table} where ${column} < ${at(before)} and ${only} order by ${column} limit ${limit}`,
    );

/** Forgets events received before that; what they led to stays. */
export const purgeEvents = purgeBy(sql`received_at`, sql`events`);

/** Forgets entries of the audit trail from before that. */
export const purgeAudit = purgeBy(sql`at`, sql`audit`);

/** Forgets scores from before that; the bands stay. */
export const purgeScores = purgeBy(sql`at`, sql`scores`);

/** Forgets tasks of no journey that ended before that. */
export const purgeTasks = purgeBy(sql`ended_at`, sql`tasks`, sql`journey_id is null`);

/** Forgets names and addresses of contacts that were taken from their accounts before that; consents and decisions keep their ids. */
export async function wipeRemovedContacts(db: Db, before: Date, limit: number): Promise<number> {
  const rows = await db.execute(sql`
    update contacts set changed_in = pg_current_xact_id(), name = null, email = null, phone = null
    where id in (select id from contacts where removed_at < ${at(before)} and removed_at is not null and num_nonnulls(name, email, phone) > 0
      order by removed_at limit ${limit}) returning 1`);
  return rows.length;
}

/** Forgets holds that were released before that. */
export const purgeHolds = purgeBy(sql`released_at`, sql`holds`);

/** Forgets whom notices of incidents told, one by one, that were done before that; how many they were stays with the notice. */
export const purgeNoticeItems = (db: Db, before: Date, limit: number) =>
  purge(
    db,
    sql`broadcast_items`,
    sql`select i.ctid from broadcasts b join broadcast_items i on i.broadcast_id = b.id
      where b.state = 'done' and b.ended_at < ${at(before)} limit ${limit}`,
  );

/** Forgets which accounts incidents touched that were closed before that. */
export const purgeAffected = (db: Db, before: Date, limit: number) =>
  purge(
    db,
    sql`incident_accounts`,
    sql`select a.ctid from incidents i join incident_accounts a on a.incident_id = i.id
      where i.closed_at < ${at(before)} and a.hold_id is null limit ${limit}`,
  );

/** Forgets the alerts of incidents that were closed before that. */
export const purgeAlertsOfIncidents = (db: Db, before: Date, limit: number) =>
  purge(
    db,
    sql`incident_alerts`,
    sql`select a.ctid from incidents i join incident_alerts a on a.incident_id = i.id
      where i.closed_at < ${at(before)} limit ${limit}`,
  );

/** Forgets calls that were over before that, and of which the pager knows. */
export const purgePages = (db: Db, before: Date, limit: number) =>
  purge(
    db,
    sql`pages`,
    sql`select ctid from pages where state = 'resolved' and told = state and changed_at < ${at(before)} limit ${limit}`,
  );

/** Forgets what bulk commands that ended before that did to each journey. */
export const purgeBulkItems = (db: Db, before: Date, limit: number) =>
  purge(
    db,
    sql`bulk_items`,
    sql`select i.ctid from bulk_commands b join bulk_items i on i.bulk_id = b.id where b.ended_at < ${at(before)} limit ${limit}`,
  );
