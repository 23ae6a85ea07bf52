import type { Tx } from '../../db/database.ts';
import { healthPolicy } from '../../playbooks/scores/policy.ts';
import type { IngestPort } from '../../playbooks/scores/record-scores.ts';
import { sweepAccounts } from '../../playbooks/scores/sweep-accounts.ts';
import { openAccount } from './open-account.ts';

/** Does to one account now what the daily sweep does to all. Throws `unknown-account`, `account-closed`. */
export async function sweepOne(
  tx: Tx,
  { account, actor, ingest, now }: { account: string; actor: string; ingest: IngestPort; now: number },
): Promise<{ stored: number; changed: number; drops: number }> {
  await openAccount(tx, account);
  const day = new Date(now).toISOString().slice(0, 10);
  return sweepAccounts(tx, { ids: [account], day, actor, policy: healthPolicy, ingest, now: new Date(now) });
}
