import type { Db, Tx } from '../../database.ts';
import { suppressions } from '../../schema/accounts.ts';

export type Suppression = typeof suppressions.$inferInsert;

/** Keeps an address from being written to again, in every journey at once; false when it was suppressed already. */
export async function suppress(tx: Tx | Db, row: Suppression): Promise<boolean> {
  const rows = await tx.insert(suppressions).values(row).onConflictDoNothing().returning({ at: suppressions.at });
  return rows.length === 1;
}
