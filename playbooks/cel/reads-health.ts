import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { plans } from '../plans.ts';
import { triggersOf } from '../triggers-of.ts';

const FIELD = /\bhealth\.(score|band|model|drivers|trend|improving_weeks)\b/;
const cache = new WeakMap<Playbook, boolean>();

/** Whether an expression of the playbook asks how the account does; only then it is looked up. */
export function readsHealth(playbook: Playbook): boolean {
  const known = cache.get(playbook);
  if (known !== undefined) return known;
  const { stages, flags, offers, outcomes } = playbook;
  const reads = FIELD.test(JSON.stringify([stages, flags, offers, outcomes, triggersOf(playbook).map((t) => t.when)]));
  cache.set(playbook, reads);
  return reads;
}

/** Whether a journey of the playbook asks so as it begins. */
export const readsHealthAtStart = ({ flags }: Playbook): boolean =>
  Object.values(flags).some(({ initially }) => initially !== undefined && FIELD.test(initially));

/** The model by which an account on this plan is scored, when the playbook asks for that. */
export const healthModelFor = (playbook: Playbook, plan: string): string | undefined =>
  readsHealth(playbook) ? (plans[plan]?.health ?? undefined) : undefined;
