import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '../../temporal-config/root.ts';
import { IsoDuration } from '../../workflows/contracts/time-schema.ts';
import { durationMs } from '../../workflows/contracts/time.ts';

const ms = IsoDuration.transform(durationMs);
const Alert = z.strictObject({
  spec: z.string(),
  title: z.string(),
  instructions: z.string(),
  to: z.array(z.string()).min(1),
  due: ms,
  /** Mailed to those on call, or told to their pager, besides. */
  page: z.enum(['info', 'warning', 'error', 'critical']).optional(),
  /** Level of the account-wide hold that stands while it is open, and for how long at most. */
  holds: z.strictObject({ level: z.string(), atMost: ms }).optional(),
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
  declines: z.strictObject({
    model: z.string(),
    bands: z.array(z.string()).min(1),
    stillLow: z.strictObject({ afterDays: z.number().nonnegative(), event: z.string() }),
    falling: z.strictObject({ points: z.number().positive(), days: z.number().int().positive(), event: z.string() }),
  }),
  keptFor: ms,
  alerts: z.record(z.string(), Alert),
});

export const healthPolicy: HealthPolicy = HealthPolicy.parse(
  parse(readFileSync(join(projectRoot(), 'playbooks', 'scores', 'policy.yaml'), 'utf8')),
);
