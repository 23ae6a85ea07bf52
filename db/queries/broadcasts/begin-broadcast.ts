import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { broadcasts } from '../../schema/index.ts';
import { DELIVERIES_CHANNEL } from '../deliveries/tell-journeys.ts';
import { skipOpenItems } from './skip-open-items.ts';

/**
 * Freezes whom one notice tells: accounts of these plans that are affected, or were when this step told them and hear how it goes on, and have not been
 * told this update by this step. Answers how many; the dispatcher starts the rest.
 */
export async function beginBroadcast(
  tx: Tx,
  row: Omit<typeof broadcasts.$inferInsert, 'state' | 'total'> & { id: string },
  plans: string[] | undefined,
): Promise<number> {
  const [begun] = await tx
    .insert(broadcasts)
    .values({ ...row, state: 'starting', total: 0 })
    .onConflictDoNothing()
    .returning({ id: broadcasts.id });
  if (!begun) return alreadyFrozen(tx, row);
  const [{ n } = { n: 0 }] = await tx.execute<{ n: number }>(sql`
    with frozen as (
      insert into broadcast_items (broadcast_id, position, account_id, details)
      select ${row.id}::uuid, row_number() over (order by ia.account_id), ia.account_id, '{}'::jsonb
      from incident_accounts ia join accounts a on a.id = ia.account_id
      where ia.incident_id = ${row.incidentId}::uuid and a.closed_at is null and a.erased_at is null
        and (ia.removed_at is null or exists (
          select 1 from broadcast_items i join broadcasts b on b.id = i.broadcast_id
          where b.incident_id = ${row.incidentId}::uuid and b.step = ${row.step} and i.account_id = ia.account_id and i.outcome = 'sent'))
        and (${plans === undefined}::boolean or a.plan = any(${sql.param(plans ?? [])}::text[]))
        and not exists (
          select 1 from broadcast_items i join broadcasts b on b.id = i.broadcast_id
          where b.incident_id = ${row.incidentId}::uuid and b.step = ${row.step} and b.update = ${row.update}
            and i.account_id = ia.account_id and (i.outcome is null or i.outcome = 'sent'))
      returning 1)
    select count(*)::int n from frozen`);
  const state = n === 0 ? 'done' : 'starting';
  await tx.execute(sql`
    update broadcasts set total = ${n}, state = ${state}, ended_at = case when ${n} = 0 then ${row.createdAt.toISOString()}::timestamptz end
    where id = ${row.id}::uuid`);
  if (n > 0) await tx.execute(sql`select pg_notify(${DELIVERIES_CHANNEL}, '')`);
  return n;
}

async function alreadyFrozen(tx: Tx, row: { journeyId: string; step: string; n: number }): Promise<number> {
  const [known] = await tx.execute<{ total: number }>(sql`
    select total from broadcasts where journey_id = ${row.journeyId}::uuid and step = ${row.step} and n = ${row.n}`);
  return known!.total;
}

/** What older notices of this step have not told yet is not told any more: there is newer word. What is at a provider at this moment may still arrive, and says so itself. */
export async function supersedeOlder(
  tx: Tx,
  i: { incidentId: string; step: string; update: number; now: Date },
): Promise<number> {
  const at = i.now.toISOString();
  const older = sql`b.incident_id = ${i.incidentId}::uuid and b.step = ${i.step} and b.update < ${i.update} and b.state <> 'done'`;
  await tx.execute(sql`
    update broadcasts b set superseded_at = ${at}::timestamptz where ${older} and b.superseded_at is null`);
  return skipOpenItems(tx, { of: older, reason: 'superseded', now: i.now });
}
