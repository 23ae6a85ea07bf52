import type { Db, Tx } from '../../db/database.ts';
import { healthOf } from '../../db/queries/scores/health-of.ts';
import { healthModelFor, readsHealthAtStart } from '../../playbooks/cel/reads-health.ts';
import type { Health } from '../../playbooks/cel/scope.ts';
import type { Published } from '../playbooks/catalog.ts';

/** How an account does by the model of its plan, when a journey of the playbook asks for that as it begins; else null, and nothing is looked up. */
export async function healthAtStart(
  tx: Db | Tx,
  { definition }: Pick<Published, 'definition'>,
  account: { id: string; plan: string },
  now: number,
): Promise<Health | null> {
  const model = readsHealthAtStart(definition) ? healthModelFor(definition, account.plan) : undefined;
  return model === undefined
    ? null
    : ((await healthOf(tx, { account: account.id, model, now: new Date(now) })) ?? null);
}
