import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { purgeDelivered } from '../../../db/queries/deliveries/purge-delivered.ts';
import { tellJourneys } from '../../../db/queries/deliveries/tell-journeys.ts';
import { purgeSeen } from '../../../db/queries/usage/purge-seen.ts';
import { insertWatches } from '../../../db/queries/watches/insert-watches.ts';
import { removeWatches } from '../../../db/queries/watches/remove-watches.ts';
import { tellCrossings } from '../../../db/queries/watches/tell-crossings.ts';
import type { Timetable } from '../../../workflows/contracts/timetable.ts';
import { anAccount, apiFixture, freshId } from '../api-fixture.ts';
import type { ApiFixture, Json } from '../api-fixture.ts';

const NOW = Date.UTC(2026, 2, 2, 9);
const DAY = 86_400_000;
const METRIC = 'conversations';

let api: ApiFixture;
beforeAll(async () => void (api = await apiFixture({ clock: () => NOW })));
afterAll(() => api.close());

type Watches = NonNullable<Timetable['watches']>;
const db = () => api.database.db;
const rows = (query: ReturnType<typeof sql>) => db().execute<Record<string, Json>>(query);
const send = (events: unknown[]) => api.call('POST', '/v1/events', { as: 'service', body: { events } });
let sequence = 0;
const usage = (account: string, amount: number, daysAgo = 0, metric = METRIC) => ({
  ...{ id: `u-${++sequence}`, account, type: 'usage_recorded', data: { [metric]: amount } },
  at: new Date(NOW - daysAgo * DAY).toISOString(),
});
const crossed = async (journey: string) =>
  (await rows(sql`select happening from deliveries where journey_id = ${journey}::uuid order by seq`)).map(
    (row) => row.happening,
  );

/** An account with a journey that no engine knows, and watches. */
async function watched(watches: Watches, before: unknown[] = []): Promise<{ account: string; journey: string }> {
  const [one] = await manyAccounts(1);
  await api.call('POST', '/v1/events', {
    as: 'service',
    body: {
      events:
        before.length > 0
          ? before.map((event) => ({ ...(event as object), account: one!.account }))
          : [usage(one!.account, 0, 0)],
    },
  });
  await db().transaction((tx) =>
    insertWatches(tx, { journeyId: one!.journey, accountId: one!.account, watches, now: new Date(NOW) }),
  );
  return one!;
}

async function manyAccounts(count: number): Promise<{ account: string; journey: string }[]> {
  const template = freshId();
  const { status, text } = await api.call('PUT', `/v1/accounts/${template}`, { body: anAccount({ plan: 'starter' }) });
  if (status !== 201) throw new Error(text);
  const prefix = freshId('many');
  await rows(sql`insert into accounts select (jsonb_populate_record(a, jsonb_build_object('id', ${prefix} || '-' || i))).*
    from accounts a, generate_series(1, ${count}::int) i where a.id = ${template}`);
  const made =
    await rows(sql`insert into journeys (id, lock, kind, account_id, playbook, version, state, plan, anchor, options, timetable, rev, snapshot, snapshot_at, clock_shift, started_by, started_at)
    select gen_random_uuid(), 'trial:' || a.id, 'trial', a.id, '002.trial', 1, 'running', 'starter', a.created_at, '{}', '{}', 1, '{}', a.created_at, 0, 'test', a.created_at
    from accounts a where a.id like ${`${prefix}-%`} returning id, account_id`);
  return made.map((row) => ({ account: row.account_id, journey: row.id }));
}

describe('usage', () => {
  test('is added up by day and shown', async () => {
    const [{ account } = { account: '' }] = await manyAccounts(1);
    const { status, body } = await send([
      usage(account, 2, 1),
      usage(account, 3, 1),
      usage(account, 5, 0),
      usage(account, 1, 0, 'api_calls'),
    ]);
    expect([status, body]).toEqual([202, { accepted: 4, duplicates: 0 }]);
    await send([usage(account, 0.5, 1)]);
    const shown = await api.call('GET', `/v1/accounts/${account}/usage?metric=${METRIC}`, { as: 'viewer' });
    expect(shown.body.items).toEqual([
      { metric: METRIC, day: '2026-03-01', amount: 5.5 },
      { metric: METRIC, day: '2026-03-02', amount: 5 },
    ]);
  });

  test('is known by its id, also among other events, and refused as a whole', async () => {
    const [{ account } = { account: '' }] = await manyAccounts(1);
    const one = usage(account, 2);
    expect((await send([one, one])).body).toEqual({ accepted: 1, duplicates: 1 });
    expect((await send([one, usage(account, 1)])).body).toEqual({ accepted: 1, duplicates: 1 });
    const other = { ...usage(account, 4), id: one.id };
    expect((await send([usage(account, 100), other])).body.code).toBe('id-reused');
    expect((await send([{ id: one.id, account, type: 'metrics_recorded', data: { health: 1 } }])).body.code).toMatch(
      /id-reused|unknown-name/,
    );
    expect((await send([{ id: one.id, account, type: 'x.other' }])).body.code).toBe('id-reused');
    await send([{ id: `plain-${one.id}`, account, type: 'x.other' }]);
    expect((await send([{ ...usage(account, 1), id: `plain-${one.id}` }])).body.code).toBe('id-reused');
    expect((await send([usage(account, -1)])).body.code).toBe('invalid-request');
    expect((await send([usage(account, 1, 0, 'nobody_reads_this')])).body.code).toBe('unknown-name');
    expect((await send([usage('nobody', 1)])).body.code).toBe('unknown-account');
    const [sum] = await rows(sql`select amount from usage_days where account_id = ${account}`);
    expect(sum!.amount).toBe(3);
  });
});

describe('a watched figure', () => {
  test('wakes its journey once, when the sum of its days comes to the threshold', async () => {
    const { account, journey } = await watched([{ id: 'busy', metric: METRIC, overDays: 7, rises: 10 }]);
    await send([usage(account, 50, 7), usage(account, 9, 6)]);
    expect(await crossed(journey)).toEqual([]);
    await send([usage(account, 1)]);
    expect(await crossed(journey)).toEqual([
      { t: 'event', id: `watch:${journey}:busy`, type: 'metric.crossed', at: NOW, fields: { watch: 'busy' } },
    ]);
    await send([usage(account, 100)]);
    expect(await crossed(journey)).toHaveLength(1);
  });

  test('that is past its threshold from the start must come back first', async () => {
    const busy = [usage('', 12, 0)];
    const { account, journey } = await watched([{ id: 'busy', metric: METRIC, overDays: 2, rises: 10 }], busy);
    await send([usage(account, 5)]);
    expect(await crossed(journey)).toEqual([]);
    await db().transaction((tx) => tellCrossings(tx, [account], new Date(NOW + 3 * DAY)));
    expect(await crossed(journey)).toEqual([]);
    await send([{ ...usage(account, 11), at: new Date(NOW).toISOString() }]);
    await db().transaction((tx) => tellCrossings(tx, [account], new Date(NOW)));
    expect(await crossed(journey)).toHaveLength(1);
  });

  test('that falls is found by the passing of days too', async () => {
    const { account, journey } = await watched(
      [{ id: 'quiet', metric: METRIC, overDays: 7, falls: 5 }],
      [usage('', 8, 5)],
    );
    const sweep = (days: number) => db().transaction((tx) => tellCrossings(tx, [account], new Date(NOW + days * DAY)));
    await sweep(1);
    expect(await crossed(journey)).toEqual([]);
    await sweep(2);
    expect((await crossed(journey)).map((one: Json) => one.fields)).toEqual([{ watch: 'quiet' }]);
  });

  test('fires again when it may, each time only after it had come back', async () => {
    const watches: Watches = [{ id: 'busy', metric: METRIC, overDays: 2, rises: 10, again: true }];
    const { account, journey } = await watched(watches);
    const sweep = (days: number) => db().transaction((tx) => tellCrossings(tx, [account], new Date(NOW + days * DAY)));
    await send([usage(account, 12)]);
    await send([usage(account, 12)]);
    expect(await crossed(journey)).toHaveLength(1);
    await sweep(3);
    await sweep(1);
    expect((await crossed(journey)).map((one: Json) => one.at)).toEqual([NOW, NOW + DAY]);
  });

  test('may be the newest total of a metric', async () => {
    const { account, journey } = await watched([
      { id: 'adopted', metric: 'features_used', rises: 5 },
      { id: 'lost', metric: 'features_used', falls: 2 },
    ]);
    const told = (value: number) =>
      send([{ id: `m-${++sequence}`, account, type: 'metrics_recorded', data: { features_used: value } }]);
    await told(1);
    await told(4);
    expect(await crossed(journey)).toEqual([]);
    await told(5);
    expect((await crossed(journey)).map((one: Json) => one.fields.watch)).toEqual(['adopted']);
    await told(2);
    expect((await crossed(journey)).map((one: Json) => one.fields.watch)).toEqual(['adopted', 'lost']);
  });

  test('of a journey that has ended is watched no more', async () => {
    const { account, journey } = await watched([{ id: 'busy', metric: METRIC, overDays: 7, rises: 10 }]);
    await db().transaction((tx) => removeWatches(tx, journey));
    await send([usage(account, 100)]);
    expect(await crossed(journey)).toEqual([]);
  });

  test('is not lost between two batches at once, nor told twice', async () => {
    const { account, journey } = await watched([{ id: 'busy', metric: METRIC, overDays: 30, rises: 100 }]);
    await Promise.all(
      Array.from({ length: 10 }, (_, day) => send(Array.from({ length: 5 }, () => usage(account, 2, day)))),
    );
    expect(await crossed(journey)).toHaveLength(1);
  });
});

test('50,000 usage events of 1,000 accounts cost one signal a crossing, and change nothing when they are repeated', async () => {
  const made = await manyAccounts(1000);
  await rows(sql`insert into watches (journey_id, id, account_id, metric, over_days, rises, armed)
    select j.id, 'busy', j.account_id, ${METRIC}, 7, 250, true from journeys j where j.account_id = any(${sql.param(made.map((one) => one.account))}::text[])`);
  const calls = Array.from({ length: 100 }, (_, call) =>
    Array.from({ length: 500 }, (_, i) => usage(made[(call * 500 + i) % 1000]!.account, 10, (call * 7) % 5)),
  );
  const sendAll = async (some: unknown[][]) => {
    const left = [...some];
    const accepted: number[] = [];
    await Promise.all(
      [1, 2, 3, 4].map(async () => {
        for (let events = left.shift(); events; events = left.shift()) {
          const { status, body, text } = await send(events);
          if (status !== 202) throw new Error(text);
          accepted.push(body.accepted);
        }
      }),
    );
    return accepted.reduce((a, b) => a + b, 0);
  };
  expect(await sendAll(calls)).toBe(50_000);
  expect(await sendAll(calls.slice(0, 10))).toBe(0);
  const accounts = sql.param(made.map((one) => one.account));
  const [sum] = await rows(sql`select sum(amount) as all, min(total) as least, max(total) as most from (
    select account_id, sum(amount) as amount, sum(amount) as total from usage_days where account_id = any(${accounts}::text[]) group by account_id) t`);
  expect(sum).toEqual({ all: 500_000, least: 500, most: 500 });
  const [told] = await rows(
    sql`select count(*)::int as all, count(distinct journey_id)::int as journeys from deliveries where account_id = any(${accounts}::text[])`,
  );
  expect(told).toEqual({ all: 1000, journeys: 1000 });
  const [stored] = await rows(sql`select count(*)::int as n from events where account_id = any(${accounts}::text[])`);
  expect(stored!.n).toBe(0);
});

test('ids of usage events are forgotten when nobody repeats them any more', async () => {
  const [one] = await manyAccounts(1);
  const event = usage(one!.account, 5);
  await send([event]);
  expect(await purgeSeen(db(), new Date(NOW), 1000)).toBe(0);
  expect((await send([event])).body).toMatchObject({ duplicates: 1 });
  expect(await purgeSeen(db(), new Date(NOW + 1), 100_000)).toBeGreaterThan(0);
  expect((await send([event])).body).toMatchObject({ accepted: 1, duplicates: 0 });
});

test('old tellings are forgotten once the run has taken them into its snapshot, and none before', async () => {
  const [one, open] = await manyAccounts(2);
  for (const { journey, account } of [one!, open!])
    for (const id of ['a', 'b'])
      await db().transaction((tx) =>
        tellJourneys(
          tx,
          [{ accountId: account, journeyId: journey, happening: { t: 'event', id, type: 'x', at: NOW, fields: {} } }],
          new Date(NOW),
        ),
      );
  const told = (journey: string, before: string) =>
    rows(sql`update deliveries set delivered_at = (select snapshot_at from journeys where id = ${journey}::uuid) + ${before}::interval
      where journey_id = ${journey}::uuid and cause_id = 'a'`);
  await told(one!.journey, '-1 hour');
  await told(open!.journey, '1 hour');
  expect(await purgeDelivered(db(), new Date(NOW - 30 * DAY), 100)).toBe(0);
  expect(await purgeDelivered(db(), new Date(Date.now() + DAY), 100)).toBe(1);
  expect(await crossed(one!.journey)).toMatchObject([{ id: 'b' }]);
  expect(await crossed(open!.journey)).toHaveLength(2);
});
