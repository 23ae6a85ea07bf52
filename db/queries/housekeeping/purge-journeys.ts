import { sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';

/** Every table whose rows belong to one journey, in the order in which they may go. */
export const OF_A_JOURNEY = [
  'deliveries',
  'commands',
  'decisions',
  'messages',
  'tasks',
  'offers',
  'surveys',
  'checklist_items',
  'recipients',
  'programs',
  'watches',
  'waiters',
  'pages',
] as const;

/**
 * Deletes up to `limit` journeys that ended before `before` (after `from`, from the oldest), with all that happened in them; those with a legal notice
 * must have ended before `proofs`. What stays: the newest of its lock and playbook, which decides about re-entry; an incident's; one that somebody has
 * yet to do something about. Answers how many went, and where the next call goes on; undefined at the end.
 */
export async function purgeJourneys(
  db: Db,
  i: { from?: Date; before: Date; proofs: Date; limit: number },
): Promise<{ gone: number; until?: Date }> {
  const at = (moment: Date) => sql`${moment.toISOString()}::timestamptz`;
  return db.transaction(async (tx) => {
    const old = await tx.execute<{ id: string; ended_at: string | Date }>(sql`
      select j.id, j.ended_at from journeys j
      where j.ended_at < ${at(i.before)} and j.ended_at >= ${at(i.from ?? new Date(0))} and j.concluded_at is not null
        and exists (select 1 from journeys k where k.account_id = j.account_id and k.started_at > j.started_at
          and k.lock = j.lock and k.playbook = j.playbook)
        and not exists (select 1 from incidents n where n.journey_id = j.id)
        and not exists (select 1 from tasks t where t.journey_id = j.id and t.state = 'open')
        and not exists (select 1 from messages m where m.journey_id = j.id
          and (m.state in ('draft', 'intended', 'in-doubt') or (m.class = 'legal' and j.ended_at >= ${at(i.proofs)})))
      order by j.ended_at limit ${i.limit} for update of j skip locked`);
    if (old.length === 0) return { gone: 0 };
    const ids = sql`any(${sql.param(old.map((row) => row.id))}::uuid[])`;
    for (const table of OF_A_JOURNEY)
      await tx.execute(sql`delete from ${sql.identifier(table)} where journey_id = ${ids}`);
    await tx.execute(sql`delete from journeys where id = ${ids}`);
    return { gone: old.length, ...(old.length === i.limit ? { until: new Date(old.at(-1)!.ended_at) } : {}) };
  });
}
