import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';

type Listens = Record<string, string[]>;
export type Listener = { journeyId: string; accountId: string; listens: Listens };

/**
 * The open journeys of these accounts, and which fields of which events each may be told. One that has been told to go over to
 * another program hears what either asks for, until its row shows that it has.
 */
export async function openListeners(tx: Tx, accountIds: string[]): Promise<Listener[]> {
  const rows = await tx.execute<{
    id: string;
    account_id: string;
    listens: Listens | null;
    pending: Listens[] | null;
  }>(sql`
    select j.id, j.account_id, j.timetable->'listens' as listens,
      (select jsonb_agg(p.timetable->'listens') from programs p where p.journey_id = j.id and p.program > j.program) as pending
    from journeys j
    where j.account_id = any(${sql.param(accountIds)}::text[]) and j.ended_at is null order by j.started_at, j.id`);
  return rows.map((row) => ({
    journeyId: row.id,
    accountId: row.account_id,
    listens: (row.pending ?? []).reduce(union, row.listens ?? {}),
  }));
}

function union(one: Listens, other: Listens): Listens {
  const all = { ...one };
  for (const [type, fields] of Object.entries(other)) all[type] = [...new Set([...(all[type] ?? []), ...fields])];
  return all;
}
