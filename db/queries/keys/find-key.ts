import { and, eq, isNull } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { apiKeys } from '../../schema/control.ts';
import type { KeyScope } from './create-key.ts';

export type Caller = { id: string; name: string; scope: KeyScope };

/** The key with this hash, unless revoked. */
export async function findKey(db: Db, hash: string): Promise<Caller | undefined> {
  const [row] = await db
    .select({ id: apiKeys.id, name: apiKeys.name, scope: apiKeys.scope })
    .from(apiKeys)
    .where(and(eq(apiKeys.hash, hash), isNull(apiKeys.revokedAt)));
  return row && { ...row, scope: row.scope as KeyScope };
}
