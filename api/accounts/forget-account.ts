import type { Tx } from '../../db/database.ts';
import { eraseAccount } from '../../db/queries/accounts/erase-account.ts';
import { readAccount } from '../../db/queries/accounts/read-account.ts';
import { lockGate } from '../../db/queries/touches/lock-gate.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { mustBeOfCustomers } from './of-customers.ts';
import { tellAccount } from './tell-account.ts';

/** Wipes what is personal of an account and tells its open journeys to end; a second time changes nothing. */
export async function forgetAccount(tx: Tx, id: string, actor: string, now: number): Promise<void> {
  mustBeOfCustomers(id);
  const account = await readAccount(tx, id, { lock: true });
  if (!account) throw new TenureError('unknown-account', `There is no account ${id}.`, { account: id });
  if (account.erasedAt) return;
  // Every touch has either reserved its message, whose words are wiped here, or will see that there is nobody left.
  await lockGate(tx, id);
  const journeys = await tellAccount(tx, id, { type: 'account.erased', fields: {} }, actor, now);
  await eraseAccount(tx, id, new Date(now));
  await recordAudit(tx, {
    at: new Date(now),
    actor,
    action: 'account.erase',
    target: `account:${id}`,
    details: { journeys },
  });
}
