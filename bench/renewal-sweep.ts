import { dueRenewals } from '../db/queries/renewals/due-renewals.ts';
import { DAY_MS } from '../workflows/contracts/time.ts';
import type { BenchGround } from './bench-ground.ts';

/** One of so many accounts has a renewal that comes within reach and has not begun. */
const OF = 100;
/** One of so many is within reach, too, on a plan that is not renewed. */
const COMMUNITY = 10;
const RATE = 200;

export type SweepFigures = { accounts: number; started: number; seconds: number; lookMs: number };

const day = (offset: number) => new Date(Date.now() + offset * DAY_MS).toISOString().slice(0, 10);

/** Sweeps accounts of which one in a hundred starts, at 200 a second; `lookMs`: finding out that there is nothing more to start. */
export async function benchRenewalSweep(ground: BenchGround, accounts: number): Promise<SweepFigures> {
  const { client, taskQueue } = ground;
  await fill(ground, accounts);
  const worker = await ground.startWorker({ renewalsPerSecond: RATE });
  const sweep = async (id: string) => {
    const began = performance.now();
    const { started } = await client.workflow.execute<() => Promise<{ started: number }>>('renewalSweep', {
      ...{ taskQueue, workflowId: id },
    });
    return { started, ms: performance.now() - began };
  };
  try {
    const first = await sweep('bench-sweep-1');
    if (first.started !== Math.floor(accounts / OF)) throw new Error(`the sweep started ${first.started}`);
    const lookMs = await look(ground);
    return { accounts, started: first.started, seconds: first.ms / 1000, lookMs };
  } finally {
    await worker.stop();
    await ground.clear();
  }
}

async function look({ database: { db } }: BenchGround): Promise<number> {
  const began = performance.now();
  const span = { from: day(-1), to: day(63), plans: ['starter', 'professional', 'business'] };
  const left = await dueRenewals(db, { ...span, after: null, limit: 200 });
  if (left.length > 0) throw new Error(`the sweep left ${left.length} or more`);
  return performance.now() - began;
}

async function fill({ database: { sql } }: BenchGround, accounts: number): Promise<void> {
  const now = new Date().toISOString();
  await sql`
    insert into accounts (id, name, plan, time_zone, facts, rev, created_at, updated_at)
    select 'sweep-' || i, 'Bench', case when i % ${COMMUNITY}::int = 1 then 'community' else 'professional' end, 'America/New_York',
      jsonb_build_object('auto_renew', true, 'renewal_date', case
        when i % ${OF}::int = 0 or i % ${COMMUNITY}::int = 1 then ${day(61)}::text else ${day(200)}::text end),
      1, ${now}::timestamptz, ${now}::timestamptz
    from generate_series(1, ${accounts}::int) i`;
  await sql`
    insert into contacts (id, account_id, role, position, email)
    select gen_random_uuid(), id, 'primary', 0, id || '@example.com' from accounts where id like 'sweep-%'`;
  await sql`analyze accounts, contacts`;
}
