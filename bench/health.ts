import type { healthSweep } from '../workflows/routines/health-sweep.ts';
import type { BenchGround } from './bench-ground.ts';
import { watchMemory } from './measure.ts';

const USAGE_DAYS = 60;
const METRIC_DAYS = 14;
/** One account in so many has used nothing for a week, and no feature: its band becomes worse, and a journey begins. */
const SILENT = 100;

export type HealthFigures = {
  accounts: number;
  sweepMin: number;
  peakRssMiB: number;
  changed: number;
  drops: number;
  historyEvents: number;
};

/**
 * The daily sweep of so many accounts with sixty days of use, two weeks of metrics, a score and a band of yesterday, by one worker; memory is this
 * process's (the worker, and the little that waits for it). Once.
 */
export async function benchHealth(ground: BenchGround, accounts: number): Promise<HealthFigures> {
  await seed(ground, accounts);
  const worker = await ground.startWorker();
  const memory = watchMemory();
  const started = performance.now();
  const handle = await ground.client.workflow.start<typeof healthSweep>('healthSweep', {
    ...{ workflowId: `bench-health-${accounts}`, taskQueue: ground.taskQueue, args: [] },
  });
  const swept = await handle.result();
  const sweepMin = (performance.now() - started) / 60_000;
  const peakRssMiB = memory.stop();
  await worker.stop();
  if (swept.accounts < accounts || swept.stored < accounts)
    throw new Error(`of ${accounts} accounts ${swept.accounts} were swept and ${swept.stored} scored`);
  const { historyLength } = await handle.describe();
  const { changed, drops } = swept;
  return { accounts, sweepMin, peakRssMiB, changed, drops, historyEvents: historyLength };
}

async function seed({ database: { sql }, putAccount }: BenchGround, accounts: number): Promise<void> {
  await putAccount('health-template');
  const part = 500;
  await sql`insert into accounts select (jsonb_populate_record(a, jsonb_build_object('id', 'health-' || i))).*
    from accounts a, generate_series(1, ${accounts}::int) i where a.id = 'health-template'`;
  const today = new Date().toISOString().slice(0, 10);
  // In parts, since a statement may take no longer than 10 s.
  for (let from = 1; from <= accounts; from += part) {
    const to = Math.min(from + part - 1, accounts);
    await sql`insert into usage_days select 'health-' || i, 'conversations', ${today}::date - d, 10 + (i + d) % 20
      from generate_series(${from}::int, ${to}::int) i, generate_series(0, ${USAGE_DAYS - 1}::int) d where i % ${SILENT}::int > 0 or d > 6`;
    await sql`insert into metrics select 'health-' || i, m, ${today}::date - d,
        case when m = 'features_used' and i % ${SILENT}::int = 0 then 0 else 5 + (i + d) % 5 end, (${today}::date - d)::timestamptz
      from generate_series(${from}::int, ${to}::int) i, generate_series(0, ${METRIC_DAYS - 1}::int) d, unnest(array['features_used', 'features_available']) m`;
    await sql`insert into scores (account_id, model, version, at, score, band, confidence, inputs, contributions, cause, actor)
      select 'health-' || i, '002.health.score', 1, now() - interval '1 day', 75, 'low', 1, '{}', '[]', 'sweep:yesterday', 'bench'
      from generate_series(${from}::int, ${to}::int) i`;
    await sql`insert into bands (account_id, model, band, since, auto, auto_since, score, scored_at, told, changes)
      select 'health-' || i, '002.health.score', 'low', now() - interval '1 day', 'low', now() - interval '1 day', 75, now() - interval '1 day', 'low', 0
      from generate_series(${from}::int, ${to}::int) i`;
  }
  await sql`analyze`.catch(() => undefined);
}
