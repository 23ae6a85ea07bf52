import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { crmSync } from '../../schema/index.ts';
import type { CrmKind } from './untold.ts';

type Erased = { externalId: string; remoteId: string; shared: boolean };

/** Objects of erased accounts that the remote side still has; `shared` with an account that is not erased. */
export async function erasedThere(db: Db, kind: CrmKind, limit: number): Promise<Erased[]> {
  const rows = await db.execute<{ external_id: string; remote_id: string; shared: boolean }>(sql`
    select y.external_id, y.remote_id, exists (
        select 1 from crm_sync z join accounts b on b.id = z.account_id and b.erased_at is null
        where z.kind = y.kind and z.remote_id = y.remote_id) as shared
    from accounts a join crm_sync y on y.account_id = a.id and y.kind = ${kind}
    where a.erased_at is not null and y.remote_id is not null limit ${limit}`);
  return rows.map((row) => ({ externalId: row.external_id, remoteId: row.remote_id, shared: row.shared }));
}

/** Knows no more that the remote side had these objects. */
export async function unlink(db: Db, kind: CrmKind, externalIds: string[]): Promise<void> {
  await db.delete(crmSync).where(and(eq(crmSync.kind, kind), inArray(crmSync.externalId, externalIds)));
}
