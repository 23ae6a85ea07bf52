import { asc } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { apiKeys } from '../../schema/control.ts';

/** Every key, revoked ones too, without its hash. */
export function listKeys(db: Db | Tx) {
  const { id, name, scope, createdAt, createdBy, revokedAt } = apiKeys;
  return db
    .select({ id, name, scope, createdAt, createdBy, revokedAt })
    .from(apiKeys)
    .orderBy(asc(createdAt), asc(id))
    .limit(1000);
}
