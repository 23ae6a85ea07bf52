import type { Db, Tx } from '../../database.ts';
import { apiKeys } from '../../schema/control.ts';

export type KeyScope = 'viewer' | 'service' | 'cs' | 'admin';
export type NewKey = { id: string; name: string; scope: KeyScope; hash: string; createdAt: Date; createdBy: string };

/** Stores the hash of a key; false when that very key is known already. */
export async function createKey(tx: Tx | Db, key: NewKey): Promise<boolean> {
  const rows = await tx.insert(apiKeys).values(key).onConflictDoNothing().returning({ id: apiKeys.id });
  return rows.length === 1;
}
