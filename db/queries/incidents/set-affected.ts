import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';

export type Affected = { all?: true; plans?: string[]; accounts?: string[] };

/** Open accounts of customers; the system's own is never among them. */
const customers = sql`not a.internal and a.closed_at is null and a.erased_at is null`;

/** Accounts that an incident touches from now on: those given, and no others. Answers how many there are, and how many were added and taken out. */
export async function setAffected(
  tx: Tx,
  i: { incidentId: string; affected: Affected; now: Date },
): Promise<{ total: number; added: number; removed: number }> {
  const { incidentId, affected, now } = i;
  const at = now.toISOString();
  const chosen = sql`(${affected.all === true}::boolean
    or a.plan = any(${sql.param(affected.plans ?? [])}::text[])
    or a.id = any(${sql.param(affected.accounts ?? [])}::text[]))`;
  const removed = await tx.execute(sql`
    update incident_accounts ia set removed_at = ${at}::timestamptz
    where ia.incident_id = ${incidentId}::uuid and ia.removed_at is null
      and not exists (select 1 from accounts a where a.id = ia.account_id and ${customers} and ${chosen})
    returning 1`);
  const added = await tx.execute(sql`
    insert into incident_accounts (incident_id, account_id, plan, added_at)
    select ${incidentId}::uuid, a.id, a.plan, ${at}::timestamptz from accounts a where ${customers} and ${chosen}
    on conflict (incident_id, account_id) do update set removed_at = null, hold_id = null, added_at = excluded.added_at, plan = excluded.plan
      where incident_accounts.removed_at is not null
    returning 1`);
  const [row] = await tx.execute<{ n: number }>(sql`
    select count(*)::int n from incident_accounts where incident_id = ${incidentId}::uuid and removed_at is null`);
  return { total: row!.n, added: added.length, removed: removed.length };
}

/** Which of these accounts are no open accounts of customers. */
export async function missingAccounts(tx: Tx, ids: string[]): Promise<string[]> {
  const rows = await tx.execute<{ id: string }>(sql`
    select x.id from unnest(${sql.param(ids)}::text[]) x(id)
    where not exists (select 1 from accounts a where a.id = x.id and ${customers})`);
  return rows.map((row) => row.id);
}

export type Candidate = {
  id: string;
  name: string;
  plan: string;
  time_zone: string;
  industry: string | null;
  facts: Record<string, unknown>;
};

/** Customers by id after `after`, for an expression to choose from. */
export async function candidates(tx: Tx, after: string, limit: number): Promise<Candidate[]> {
  return [
    ...(await tx.execute<Candidate>(sql`
      select a.id, a.name, a.plan, a.time_zone, a.industry, a.facts from accounts a
      where ${customers} and a.id > ${after} order by a.id limit ${limit}`)),
  ];
}
