import type { Tx } from '../../db/database.ts';
import { healthOf } from '../../db/queries/scores/health-of.ts';
import { modelOf } from '../../db/queries/scores/model-of.ts';
import { healthModelFor } from '../../playbooks/cel/reads-health.ts';
import type { Health } from '../../playbooks/cel/scope.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';

/** How an account does by the model of its plan, else by whichever gave it a figure; null when it is not scored, or no expression of the playbook asks. */
export async function healthFor(
  tx: Tx,
  playbook: Playbook,
  account: { id: string; plan: string },
  now: number,
): Promise<Health | null> {
  const model = healthModelFor(playbook, account.plan);
  if (model === undefined) return null;
  const by = (one: string) => healthOf(tx, { account: account.id, model: one, now: new Date(now) });
  const known = await by(model);
  if (known) return known;
  const other = await modelOf(tx, account.id);
  return other === undefined ? null : ((await by(other)) ?? null);
}
