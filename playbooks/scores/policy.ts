import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '../../temporal-config/root.ts';
import { IsoDuration, durationMs } from '../../workflows/contracts/time.ts';

const ms = IsoDuration.transform(durationMs);
const Alert = z.strictObject({
  spec: z.string(),
  title: z.string(),
  instructions: z.string(),
  to: z.array(z.string()).min(1),
  due: ms,
  recoversBy: z.array(z.string()).default([]),
});

/** How scores are acted on, as `policy.yaml` says; durations in ms. */
export type HealthPolicy = z.infer<typeof HealthPolicy>;
const HealthPolicy = z.strictObject({
  improvesAfter: ms,
  shown: z.strictObject({ plans: z.array(z.string()), model: z.string(), firstDays: z.number().nonnegative() }),
  leastConfidence: z.number().min(0).max(1),
  usageDrop: z.strictObject({
    percent: z.number().positive().max(100),
    leastAWeek: z.number().nonnegative(),
    event: z.string(),
  }),
  keptFor: ms,
  alerts: z.record(z.string(), Alert),
});

export const healthPolicy: HealthPolicy = HealthPolicy.parse(
  parse(readFileSync(join(projectRoot(), 'playbooks', 'scores', 'policy.yaml'), 'utf8')),
);
