import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { Db } from '../../database.ts';

export type CrmKind = 'company' | 'contact' | 'deal' | 'note' | 'task';

/** An object that a remote CRM has yet to be told of, as it stands now; `remoteId` null: it was never told. */
export type Untold = {
  kind: CrmKind;
  externalId: string;
  accountId: string;
  remoteId: string | null;
  /** The company's id at the remote side, once it has one. */
  companyId: string | null;
  fingerprint: string;
  fields: Record<string, string | number | null>;
};

/*
 * `own`: what Tenure decides, told whenever it changes. `seed`: what the remote side decides once it knows the object; told once, when it is new.
 */
const SOURCES: Record<CrmKind, (only: SQL) => SQL> = {
  company: (only) => sql`
    select a.id as external_id, a.id as account_id,
      jsonb_build_object('name', a.name, 'plan', a.plan, 'industry', a.industry, 'stage', c.stage) as own,
      jsonb_build_object('renewal_date', a.facts->>'renewal_date') as seed
    from accounts a left join crm_accounts c on c.account_id = a.id
    where a.erased_at is null and not a.internal and (a.id ${only})`,
  contact: (only) => sql`
    select p.id::text as external_id, p.account_id,
      jsonb_build_object('email', p.email, 'role', p.role) as own,
      jsonb_build_object('name', p.name, 'phone', p.phone) as seed
    from contacts p where p.removed_at is null and p.email is not null and (p.id ${only})`,
  deal: (only) => sql`
    select o.key as external_id, o.account_id,
      jsonb_build_object('title', o.title, 'amount_minor', o.amount_minor, 'currency', o.currency, 'at', o.at) as own,
      jsonb_build_object('stage', o.stage) as seed
    from crm_opportunities o where o.key ${only}`,
  note: (only) => sql`
    select n.key as external_id, n.account_id,
      jsonb_build_object('text', n.text, 'author', n.author, 'at', n.at) as own, '{}'::jsonb as seed
    from crm_notes n where n.text <> '' and (n.key ${only})`,
  task: (only) => sql`
    select t.id::text as external_id, t.account_id,
      jsonb_build_object('title', t.title, 'instructions', t.instructions, 'due_at', t.due_at, 'state', t.state,
        'role', t.owner_role, 'level', t.level, 'created_at', t.created_at) as own,
      '{}'::jsonb as seed
    from tasks t where t.id ${only}`,
};

const TABLES: Record<Exclude<CrmKind, 'company'>, { table: SQL; id: SQL; cast: SQL }> = {
  contact: { table: sql`contacts`, id: sql`id`, cast: sql`::uuid` },
  deal: { table: sql`crm_opportunities`, id: sql`key`, cast: sql`` },
  note: { table: sql`crm_notes`, id: sql`key`, cast: sql`` },
  task: { table: sql`tasks`, id: sql`id`, cast: sql`::uuid` },
};

/** Ids of the objects that are worth a look: changed since, to be told again, or beside a company that the remote side has come to know since. */
function stirred(kind: CrmKind, seen: string): SQL {
  const since = sql`${seen}::xid8`;
  if (kind === 'company')
    return sql`
      select id from accounts where changed_in >= ${since}
      union select account_id from crm_accounts where changed_in >= ${since}
      union select external_id from crm_sync where kind = 'company' and stirred_in >= ${since}`;
  const { table, id, cast } = TABLES[kind];
  return sql`
    select ${id} from ${table} where changed_in >= ${since}
    union select external_id${cast} from crm_sync where kind = ${kind} and stirred_in >= ${since}
    union select o.${id} from crm_sync c join ${table} o on o.account_id = c.account_id
      where c.kind = 'company' and c.stirred_in >= ${since}`;
}

/**
 * Up to `limit` objects of a kind that differ from what was told and may be told now, those that wait longest first. With `seen` only what the
 * transactions from that one on have touched is looked at.
 */
export async function untold(
  db: Db,
  i: { kind: CrmKind; now: Date; limit: number; seen?: string | null },
): Promise<Untold[]> {
  const only = i.seen ? sql`in (${stirred(i.kind, i.seen)})` : sql`is not null`;
  const rows = await db.execute<{
    external_id: string;
    account_id: string;
    remote_id: string | null;
    company_id: string | null;
    fingerprint: string;
    fields: Untold['fields'];
  }>(sql`
    with found as (select s.*, md5(s.own::text) as fingerprint from (${SOURCES[i.kind](only)}) s)
    select f.external_id, f.account_id, y.remote_id, company.remote_id as company_id, f.fingerprint,
      case when y.remote_id is null then f.seed || f.own else f.own end as fields
    from found f
    join accounts a on a.id = f.account_id and a.erased_at is null
    left join crm_sync y on y.kind = ${i.kind} and y.external_id = f.external_id
    left join crm_sync company on company.kind = 'company' and company.external_id = f.account_id
    where y.told is distinct from f.fingerprint and y.refused is distinct from f.fingerprint
      and (y.not_before is null or y.not_before <= ${i.now.toISOString()}::timestamptz)
      and (${i.kind} = 'company' or company.remote_id is not null)
    order by y.not_before nulls first, f.external_id
    limit ${i.limit}`);
  return rows.map((row) => ({
    kind: i.kind,
    externalId: row.external_id,
    accountId: row.account_id,
    remoteId: row.remote_id,
    companyId: row.company_id,
    fingerprint: row.fingerprint,
    fields: row.fields,
  }));
}
