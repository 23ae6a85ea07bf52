import type { BenchGround } from './bench-ground.ts';
import { inParallel } from './measure.ts';

const ACCOUNTS = 1_000;
const A_CALL = 500;
const WIDTH = 4;
const CALLS = 40;

export type EventFigures = { callsPerS: number; eventsPerS: number };
export type UsageFigures = {
  events: number;
  callsPerS: number;
  eventsPerS: number;
  crossings: number;
  signals: number;
  /** Rows that all of it came to: amounts by day, and ids that are known for a while. */
  dayRows: number;
  idRows: number;
  apiPeakMiB: number;
};

/** Calls of 500 metrics and other events a second over the API, for a thousand accounts. */
export async function benchEvents(ground: BenchGround, round: number): Promise<EventFigures> {
  const accounts = await makeAccounts(ground, `events-${round}`);
  const seconds = await inParallel(CALLS, WIDTH, (call) =>
    send(
      ground,
      Array.from({ length: A_CALL }, (_, i) => ({
        id: `events-${round}-${call}-${i}`,
        account: accounts[(call * A_CALL + i) % ACCOUNTS],
        ...(i % 2 === 0 ? { type: 'x.bench' } : { type: 'metrics_recorded', data: { features_used: i } }),
      })),
    ),
  );
  return { callsPerS: CALLS / seconds, eventsPerS: (CALLS * A_CALL) / seconds };
}

/** So many usage events of a thousand accounts, each with a figure that is waited for, and how many runs were told. Once. */
export async function benchUsage(ground: BenchGround, events: number): Promise<UsageFigures> {
  const { sql } = ground.database;
  const accounts = await makeAccounts(ground, 'usage');
  await sql`insert into journeys (id, lock, kind, account_id, playbook, version, state, plan, anchor, options, timetable, rev, snapshot, snapshot_at, clock_shift, started_by, started_at)
    select gen_random_uuid(), 'bench:' || id, 'trial', id, '002.trial', 1, 'running', plan, created_at, '{}', '{}', 1, '{}', created_at, 0, 'bench', created_at
    from accounts where id = any(${accounts})`;
  const half = events / ACCOUNTS / 2;
  await sql`insert into watches (journey_id, id, account_id, metric, over_days, rises, armed)
    select id, 'busy', account_id, 'conversations', 7, ${half}, true from journeys where account_id = any(${accounts})`;
  const calls = events / A_CALL;
  const seconds = await inParallel(calls, WIDTH, (call) =>
    send(
      ground,
      Array.from({ length: A_CALL }, (_, i) => ({
        ...{ id: `usage-${call}-${i}`, type: 'usage_recorded', data: { conversations: 1 } },
        account: accounts[(call * A_CALL + i) % ACCOUNTS],
      })),
    ),
  );
  const [told] =
    await sql`select count(*)::int as n, count(distinct journey_id)::int as runs from deliveries where account_id = any(${accounts})`;
  // No engine knows these journeys: whoever measures next is not to try and tell them.
  await sql`update deliveries set delivered_at = now() where account_id = any(${accounts})`;
  await sql`update journeys set ended_at = now() where account_id = any(${accounts})`;
  const [rows] = await sql`select (select count(*) from usage_days where account_id = any(${accounts}))::int as days,
    (select count(*) from usage_seen where id like 'usage-%')::int as ids`;
  if (told!.runs !== ACCOUNTS || told!.n !== ACCOUNTS)
    throw new Error(`${told!.n} signals told ${told!.runs} runs of ${ACCOUNTS} crossings`);
  return {
    ...{ events, callsPerS: calls / seconds, eventsPerS: events / seconds, crossings: told!.runs, signals: told!.n },
    ...{ dayRows: rows!.days, idRows: rows!.ids, apiPeakMiB: ground.apiPeakMiB() },
  };
}

async function send(ground: BenchGround, events: unknown[]): Promise<void> {
  const { status, body } = await ground.call('POST', '/v1/events', { events });
  if (status !== 202) throw new Error(`events answered ${status}: ${JSON.stringify(body)}`);
}

async function makeAccounts({ database: { sql }, putAccount }: BenchGround, name: string): Promise<string[]> {
  await putAccount(name);
  const made =
    await sql`insert into accounts select (jsonb_populate_record(a, jsonb_build_object('id', ${name} || '-' || i))).*
    from accounts a, generate_series(1, ${ACCOUNTS}::int) i where a.id = ${name} returning id`;
  return made.map((row) => String(row.id));
}
