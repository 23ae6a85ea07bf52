import { eq, getTableColumns, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { statement } from '../../statement.ts';
import { accounts } from '../../schema/accounts.ts';
import type { AccountRow } from '../accounts/read-account.ts';

const { id, lock, account, playbook } = {
  id: sql.placeholder('id'),
  lock: sql.placeholder('lock'),
  account: sql.placeholder('account'),
  playbook: sql.placeholder('playbook'),
};

const start = statement((db) =>
  db
    .select({
      account: getTableColumns(accounts),
      contacts: sql<{ role: string; timeZone: string | null }[]>`(
        select coalesce(jsonb_agg(jsonb_build_object('role', c.role, 'timeZone', c.time_zone) order by c.position), '[]')
        from contacts c where c.account_id = ${account} and c.removed_at is null)`,
      known: sql<boolean>`exists (select 1 from journeys j where j.id = ${id}::uuid)
        or exists (select 1 from journeys j where j.lock = ${lock} and j.ended_at is null)`,
      last: sql<{ id: string; endedAt: string | null } | null>`(
        select jsonb_build_object('id', j.id, 'endedAt', j.ended_at) from journeys j
        where j.account_id = ${account} and j.lock = ${lock} and j.playbook = ${playbook} order by j.started_at desc limit 1)`,
    })
    .from(accounts)
    .where(eq(accounts.id, account))
    .for('no key update'),
);

export type Start = {
  account: AccountRow;
  contacts: { role: string; timeZone: string | null }[];
  /** There is a journey of this id, or an open one under the lock. */
  known: boolean;
  /** The newest of the playbook that was under the lock and has ended. */
  ended: { id: string; endedAt: Date } | undefined;
};

/** All that decides about a start, in one look. The account is locked: what changes or erases it meanwhile has either been seen, or will see this journey. */
export async function readStart(
  tx: Tx,
  by: { id: string; lock: string; account: string; playbook: string },
): Promise<Start | undefined> {
  const [row] = await start(tx, by);
  if (!row) return undefined;
  const { last, ...read } = row;
  return { ...read, ended: last?.endedAt ? { id: last.id, endedAt: new Date(last.endedAt) } : undefined };
}
