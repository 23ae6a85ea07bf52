import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { TenureError } from '../workflows/contracts/errors.ts';
import { projectRoot } from '../temporal-config/root.ts';

/** A plan: its price in minor units of USD a month, its conversations a month, the onboarding playbook, the health model and the renewal playbook of its accounts; null where it has none. */
export type Plan = z.infer<typeof Plan>;
const Plan = z.strictObject({
  title: z.string().min(1),
  priceMinor: z.number().int().nonnegative().nullable(),
  limit: z.number().int().positive().nullable(),
  sold: z.boolean(),
  onboarding: z.string().nullable(),
  health: z.string().nullable(),
  renewal: z.string().nullable(),
});

/** Every known plan by id, from `plans.yaml`. */
export const plans: Readonly<Record<string, Plan>> = z
  .record(z.string(), Plan)
  .parse(parse(readFileSync(join(projectRoot(), 'playbooks', 'plans.yaml'), 'utf8')));

/** Whether an account may be on this plan. */
export const isPlan = (id: string): boolean => Object.hasOwn(plans, id);

/** The plan of this id; throws TenureError `unknown-plan`. */
export function planOf(id: string): Plan {
  if (isPlan(id)) return plans[id]!;
  const known = Object.keys(plans);
  throw new TenureError('unknown-plan', `There is no plan of that name. Known: ${known.join(', ')}.`, {
    ...{ known, errors: [{ pointer: '/plan', detail: 'unknown plan' }] },
  });
}
