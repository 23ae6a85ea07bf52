import type { Tx } from '../../db/database.ts';
import { healthOf } from '../../db/queries/scores/health-of.ts';
import { healthModelFor } from '../../playbooks/cel/reads-health.ts';
import type { Health } from '../../playbooks/cel/scope.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';

/** How an account does by the model of its plan; null when it is not scored, or no expression of the playbook asks. */
export async function healthFor(
  tx: Tx,
  playbook: Playbook,
  account: { id: string; plan: string },
  now: number,
): Promise<Health | null> {
  const model = healthModelFor(playbook, account.plan);
  if (model === undefined) return null;
  return (await healthOf(tx, { account: account.id, model, now: new Date(now) })) ?? null;
}
