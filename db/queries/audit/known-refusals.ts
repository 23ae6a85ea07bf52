import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';

/** What the trail last says of why these accounts could not begin a journey, by `account playbook`; one that has begun since is not among them. */
export async function knownRefusals(tx: Tx, accountIds: string[]): Promise<Map<string, string>> {
  if (accountIds.length === 0) return new Map();
  const rows = await tx.execute<{ account: string; playbook: string; code: string }>(sql`
    select distinct on (a.target, a.details ->> 'playbook')
      ids.id account, a.details ->> 'playbook' playbook, a.details ->> 'code' code
    from unnest(${sql.param(accountIds)}::text[]) ids(id) join audit a on a.target = 'account:' || ids.id
    where a.action = 'journey.not-started' and not exists (
      select 1 from journeys j
      where j.account_id = ids.id and j.playbook = a.details ->> 'playbook' and j.started_at >= a.at)
    order by a.target, a.details ->> 'playbook', a.seq desc`);
  return new Map(rows.map((row) => [`${row.account} ${row.playbook}`, row.code]));
}
