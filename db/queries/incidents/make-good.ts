import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';

/** A task for whoever looks after each affected account of these plans: what is done to make good. Once an incident and account. Answers how many. */
export async function makeGood(
  tx: Tx,
  i: {
    incidentId: string;
    journeyId: string;
    plans: string[];
    title: string;
    instructions: string;
    ownerRole: string;
    dueAt: Date;
    now: Date;
  },
): Promise<number> {
  const { incidentId, journeyId, plans, title, instructions, ownerRole, dueAt, now } = i;
  const opened = await tx.execute(sql`
    insert into tasks (id, journey_id, account_id, key, n, title, instructions, owner, owner_role, due_at, level, state, created_at)
    select gen_random_uuid(), ${journeyId}::uuid, ia.account_id, ${`${journeyId}/make-good/`} || ia.account_id, 1, ${title}, ${instructions},
      c.owner, ${ownerRole}, ${dueAt.toISOString()}::timestamptz, 0, 'open', ${now.toISOString()}::timestamptz
    from incident_accounts ia left join crm_accounts c on c.account_id = ia.account_id
    where ia.incident_id = ${incidentId}::uuid and ia.removed_at is null and ia.plan = any(${sql.param(plans)}::text[])
    on conflict (key) do nothing returning 1`);
  return opened.length;
}
