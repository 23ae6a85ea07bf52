import type { Tx } from '../../db/database.ts';
import { readAccount } from '../../db/queries/accounts/read-account.ts';
import type { AccountRow } from '../../db/queries/accounts/read-account.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';

/** The account's row, locked; throws TenureError `unknown-account` or `account-closed`. */
export async function openAccount(tx: Tx, account: string): Promise<AccountRow> {
  const row = await readAccount(tx, account, { lock: true });
  if (!row) throw new TenureError('unknown-account', `There is no account ${account}.`, { account });
  if (row.erasedAt || row.closedAt)
    throw new TenureError('account-closed', 'The account is closed or erased.', { account });
  return row;
}
