import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';

export type Listener = { journeyId: string; accountId: string; listens: Record<string, string[]> };

/** The open journeys of these accounts, and which fields of which events each may be told. */
export async function openListeners(tx: Tx, accountIds: string[]): Promise<Listener[]> {
  const rows = await tx.execute<{ id: string; account_id: string; listens: Record<string, string[]> | null }>(sql`
    select id, account_id, timetable->'listens' as listens from journeys
    where account_id = any(${sql.param(accountIds)}::text[]) and ended_at is null order by started_at, id`);
  return rows.map((row) => ({ journeyId: row.id, accountId: row.account_id, listens: row.listens ?? {} }));
}
