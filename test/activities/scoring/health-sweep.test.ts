import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createScoringActivities } from '../../../activities/scoring/create-scoring-activities.ts';
import type { ScoringDeps } from '../../../activities/scoring/create-scoring-activities.ts';
import { ingestPort } from '../../../api/events/ingest-port.ts';
import { catalogReader } from '../../../api/playbooks/catalog.ts';
import { scoreSome } from '../../../workers/scoring/start-scoring.ts';
import type { HealthPage } from '../../../workflows/contracts/health.ts';
import { anAccount, apiFixture, freshId } from '../../api/api-fixture.ts';
import type { ApiFixture, Json } from '../../api/api-fixture.ts';
import { quietRuntime } from '../../support/engine.ts';

const TODAY = Date.UTC(2026, 2, 2, 9);
const DAY = 86_400_000;

quietRuntime();
let api: ApiFixture;
let now = TODAY;
beforeAll(async () => void (api = await apiFixture({ clock: () => now })));
afterAll(() => api.close());

const rows = (query: ReturnType<typeof sql>) => api.database.db.execute<Record<string, Json>>(query);
const silent = { info: () => undefined, warn: () => undefined };
const parts = (): ScoringDeps & { log: typeof silent } => ({
  database: api.database,
  clock: () => now,
  ingest: ingestPort(api.deps as never, catalogReader()).ingest,
  launch: async () => undefined,
  log: silent,
});
const page = (given: Partial<ScoringDeps>, from: { day: string | null; after: string | null }, heartbeat?: unknown) =>
  new MockActivityEnvironment({ heartbeatDetails: heartbeat }).run(
    createScoringActivities({ ...parts(), ...given }).sweepHealth,
    from,
  ) as Promise<HealthPage>;
const sweepAll = () => page({}, { day: null, after: null });

async function account(id = freshId(), more: Record<string, unknown> = {}): Promise<string> {
  const { status, text } = await api.call('PUT', `/v1/accounts/${id}`, {
    body: anAccount({ plan: 'starter', ...more }),
  });
  if (status !== 201) throw new Error(text);
  return id;
}
let sequence = 0;
const send = (id: string, type: string, daysAgo: number, data: Record<string, unknown> = {}) => {
  const at = new Date(now - daysAgo * DAY).toISOString();
  return api.call('POST', '/v1/events', {
    as: 'service',
    body: { events: [{ id: `e-${++sequence}`, account: id, type, at, data }] },
  });
};
/** So many conversations on each of some days before today. */
const use = async (id: string, amount: number, from: number, to: number) => {
  const events = Array.from({ length: from - to + 1 }, (_, i) => ({
    ...{ id: `u-${++sequence}`, account: id, type: 'usage_recorded', data: { conversations: amount } },
    at: new Date(now - (from - i) * DAY).toISOString(),
  }));
  const { status, text } = await api.call('POST', '/v1/events', { as: 'service', body: { events } });
  if (status !== 202) throw new Error(text + api.logged.slice(-4).join(''));
};
const scoresOf = async (id: string): Promise<Json[]> =>
  (await api.call('GET', `/v1/accounts/${id}/scores`, { as: 'viewer' })).body.items;
const told = (id: string) =>
  rows(
    sql`select data->>'band' as band from events where account_id = ${id} and type = 'health.band_changed' order by id`,
  );

describe('the daily sweep', () => {
  test('scores an account from its metrics, usage, facts and plan, once a day', async () => {
    const id = await account();
    await use(id, 20, 59, 0);
    await send(id, 'metrics_recorded', 1, { features_used: 8, features_available: 10, support_sentiment: 0.5 });
    await sweepAll();
    await sweepAll();
    const scores = await scoresOf(id);
    expect(scores).toHaveLength(1);
    // Active on all of 30 days, 80 % of the features, no API on its plan; sentiment 75, no requests, no contributions;
    // paid, use as before, 600 of 1000 conversations.
    expect(scores[0].inputs).toEqual({
      daily_active_rate: 100,
      feature_adoption_depth: 80,
      api_usage_consistency: 'n/a',
      support_interaction_sentiment: 75,
      feature_request_frequency: 50,
      community_participation: 0,
      payment_health: 100,
      usage_trend_direction: 50,
      contract_utilization: 60,
    });
    expect(scores[0]).toMatchObject({ version: 1, confidence: 1, band: 'low', cause: 'sweep:2026-03-02' });
    expect(scores[0].score).toBeCloseTo(((100 * 25 + 80 * 20) / 45) * 0.6 + 7.5 * 1.5 + 5 + 5 + 1.5 + 1.2, 6);
    now = TODAY + DAY;
    await sweepAll();
    expect(await scoresOf(id)).toHaveLength(2);
    now = TODAY;
  });

  test('leaves accounts of which too little is known as they are', async () => {
    const id = await account();
    await send(id, 'metrics_recorded', 1, { support_sentiment: -1 });
    await sweepAll();
    expect(await scoresOf(id)).toEqual([]);
  });

  test('knows an account that has gone silent from one of which nothing was ever told', async () => {
    const id = await account();
    await use(id, 20, 130, 125);
    await send(id, 'metrics_recorded', 1, { features_used: 1, features_available: 10 });
    await sweepAll();
    const [score] = await scoresOf(id);
    expect(score).toMatchObject({ band: 'high', inputs: { daily_active_rate: 0, contract_utilization: 0 } });
    expect(score.inputs.usage_trend_direction).toBeUndefined();
  });

  test('goes through all accounts in pages and chunks, and on behind what an earlier attempt had done', async () => {
    const ids = [...Array(7).keys()].map((i) => `aaa-${i}`);
    for (const id of ids) {
      await account(id);
      await use(id, 20, 40, 0);
      await send(id, 'metrics_recorded', 0, { features_used: 1, features_available: 2 });
    }
    const first = await page({ pageSize: 4, chunkSize: 3 }, { day: null, after: null });
    expect(first).toMatchObject({ accounts: 4, stored: 4, day: '2026-03-02', after: 'aaa-3' });
    const again = await page({ pageSize: 4, chunkSize: 3 }, { day: null, after: null });
    expect(again).toMatchObject({ accounts: 4, stored: 0 });
    const resumed = await page(
      { pageSize: 2, chunkSize: 2 },
      { day: first.day, after: first.after },
      { after: 'aaa-4' },
    );
    expect(resumed).toMatchObject({ accounts: 2, stored: 2, after: 'aaa-6' });
    expect(await scoresOf('aaa-4')).toEqual([]);
    expect((await page({}, { day: first.day, after: 'aaa-6' })).after).toBeNull();
  });

  test('leaves nothing half done when a chunk fails, and does it whole the next time', async () => {
    const id = await account();
    await use(id, 20, 34, 7);
    await send(id, 'metrics_recorded', 1, { features_used: 0, features_available: 10 });
    const failing = () => Promise.reject(new Error('crashed'));
    await expect(page({ ingest: failing }, { day: null, after: null })).rejects.toThrow('crashed');
    expect([await scoresOf(id), await rows(sql`select * from bands where account_id = ${id}`)]).toEqual([[], []]);
    await sweepAll();
    expect(await scoresOf(id)).toHaveLength(1);
  });

  test('on a plan of 003 needs no other figure to see that nothing was used for 30 days, nor that it is used again', async () => {
    const id = await account(freshId(), { plan: 'platform' });
    await use(id, 20, 40, 30);
    await sweepAll();
    expect((await scoresOf(id))[0]).toMatchObject({ model: '003.churn-risk', band: 'high', confidence: 0.375 });
    const elsewhere = await account();
    for (const one of [id, elsewhere]) for (const type of ['signed_up', 'customer_activated']) await send(one, type, 0);
    const opened = await rows(sql`select playbook from journeys where account_id in (${id}, ${elsewhere}) order by 1`);
    expect(opened.map((row) => row.playbook)).toEqual(['003.onboarding', '003.retention']);
    now = TODAY + DAY;
    await use(id, 300, 0, 0);
    await sweepAll();
    expect((await scoresOf(id))[0]).toMatchObject({ band: 'low' });
    now = TODAY;
  });

  test('tells of a score that was low from the start on day 30, once, and of one that has fallen by 2 points in 30 days, once a week', async () => {
    const id = await account(freshId(), {
      plan: 'enterprise',
      facts: { subscribed_at: new Date(TODAY).toISOString() },
    });
    const give = (day: number, score: number) =>
      api.call('POST', `/v1/accounts/${id}/scores`, {
        body: { model: '001.health.score', score, at: new Date(TODAY + day * DAY).toISOString() },
      });
    const found = async () =>
      (
        await rows(
          sql`select type from events where account_id = ${id} and type <> 'health.band_changed' order by at, id`,
        )
      ).map((row) => row.type);
    const sweepOn = async (day: number) => {
      now = TODAY + day * DAY;
      await api.call('POST', '/v1/health/sweep', { body: { account: id } });
    };
    now = TODAY + DAY;
    await give(1, 66);
    await sweepOn(29);
    expect(await found()).toEqual([]);
    await sweepOn(30);
    await sweepOn(31);
    expect(await found()).toEqual(['health.still_low']);
    await give(31, 64.5);
    await sweepOn(32);
    expect(await found()).toHaveLength(1);
    await give(32, 64);
    await sweepOn(33);
    await sweepOn(34);
    expect(await found()).toEqual(['health.still_low', 'churn_prevention_requested']);
    await sweepOn(41);
    expect(await found()).toHaveLength(3);
    now = TODAY;
  });

  test('finds use that has halved, once until it has recovered', async () => {
    const drops = async (id: string) =>
      (await rows(sql`select id, data from events where account_id = ${id} and type = 'usage_drop_50_percent'`)).map(
        (row) => row.data,
      );
    const id = await account();
    const steady = await account();
    await use(id, 20, 34, 7);
    await use(id, 10, 6, 0);
    await use(steady, 20, 34, 7);
    await use(steady, 10.1, 6, 0);
    await sweepAll();
    expect(await drops(id)).toEqual([{ drop: 50 }]);
    expect(await drops(steady)).toEqual([]);
    const alerts = async () => (await api.call('GET', `/v1/alerts?account=${id}`, { as: 'viewer' })).body.items;
    expect(await alerts()).toMatchObject([{ type: 'usage_drop_50_percent', state: 'open', events: 1 }]);
    const calls = () =>
      rows(sql`select role, severity, state from pages where title = ${`Use has fallen by half: ${id}`} order by at`);
    expect(await calls()).toEqual([{ role: 'csm', severity: 'info', state: 'triggered' }]);
    const [{ id: first }] = await alerts();
    await api.call('POST', `/v1/alerts/${first}/acknowledge`, { as: 'cs' });
    expect((await calls()).map((call) => call.state)).toEqual(['acknowledged']);
    const task = (await api.call('GET', `/v1/tasks?account=${id}`, { as: 'viewer' })).body.items;
    expect(task).toMatchObject([{ ownerRole: 'csm', state: 'open', dueAt: new Date(TODAY + DAY).toISOString() }]);
    now = TODAY + DAY;
    await sweepAll();
    expect(await drops(id)).toHaveLength(1);
    // Closed by hand while the use stays low: told again, but once a day however often it is swept.
    const close = async () => {
      const [{ id: alert }] = await alerts();
      return (await api.call('POST', `/v1/alerts/${alert}/close`, { body: { outcome: 'seen to' } })).status;
    };
    for (const sweep of ['first', 'second']) {
      expect(await close(), sweep).toBe(200);
      await sweepAll();
      expect(await drops(id), sweep).toHaveLength(2);
    }
    expect((await calls()).map((call) => call.state)).toEqual(['resolved', 'resolved']);
    now = TODAY + 2 * DAY;
    await sweepAll();
    expect(await drops(id)).toHaveLength(3);
    await use(id, 100, 1, 0);
    await sweepAll();
    expect((await alerts())[0]).toMatchObject({ state: 'closed', closedBy: 'recovered' });
    expect((await api.call('GET', `/v1/tasks?account=${id}`, { as: 'viewer' })).body.items[0].state).toBe('cancelled');
    now = TODAY;
  });
});

describe('an event that warns', () => {
  test.each([
    ['payment_failure', 'payment_succeeded', ['billing']],
    ['support_ticket_negative_sentiment', 'support_ticket_resolved', ['csm', 'support-manager']],
    ['cancellation_intent_detected', 'cancellation_withdrawn', ['csm']],
  ])('%s opens one alert however often it comes, and closes it by %s', async (type, recovery, roles) => {
    const id = await account();
    await rows(
      sql`insert into crm_accounts (account_id, stage, owner, updated_at) values (${id}, 'customer', 'cs-7', now())`,
    );
    await send(id, type, 0);
    await send(id, type, 0);
    const list = async () => (await api.call('GET', `/v1/alerts?account=${id}`, { as: 'viewer' })).body.items;
    const [alert] = await list();
    expect(alert).toMatchObject({ type, state: 'open', events: 2 });
    const tasks = (await api.call('GET', `/v1/tasks?account=${id}`, { as: 'viewer' })).body.items;
    expect(tasks.map((task: Json) => task.ownerRole).sort()).toEqual(roles);
    // Whoever looks after the account finds it among their own tasks; other roles are pools.
    for (const task of tasks) expect(task.owner).toBe(task.ownerRole === 'csm' ? 'cs-7' : null);
    // A negative ticket silences what ranks lower, a discount for one, while it is open (A30).
    const held = async () =>
      (
        await rows(sql`select level from holds where account_id = ${id} and by like 'alert:%' and released_at is null`)
      ).map((row) => row.level);
    expect(await held()).toEqual(type === 'support_ticket_negative_sentiment' ? ['support-negative'] : []);
    const acknowledged = await api.call('POST', `/v1/alerts/${alert.id}/acknowledge`, { as: 'cs' });
    expect(acknowledged.body).toMatchObject({ state: 'acknowledged', acknowledgedBy: 'cs:test cs' });
    expect((await api.call('POST', `/v1/alerts/${alert.id}/acknowledge`, { as: 'cs' })).body.code).toBe(
      'already-decided',
    );
    await send(id, recovery, 0);
    expect(await list()).toMatchObject([{ state: 'closed', closedBy: 'recovered' }]);
    expect(await held()).toEqual([]);
    await send(id, type, 0);
    expect(await list()).toHaveLength(2);
  });

  test('is closed by staff with what came of it', async () => {
    const id = await account();
    await send(id, 'payment_failure', 0);
    const [alert] = (await api.call('GET', `/v1/alerts?account=${id}&open=true`, { as: 'viewer' })).body.items;
    const closed = await api.call('POST', `/v1/alerts/${alert.id}/close`, {
      as: 'cs',
      body: { outcome: 'card renewed' },
    });
    expect(closed.body).toMatchObject({ state: 'closed', closedBy: 'cs:test cs', outcome: 'card renewed' });
    expect((await api.call('GET', `/v1/alerts?account=${id}&open=true`, { as: 'viewer' })).body.items).toEqual([]);
    expect((await api.call('POST', `/v1/alerts/${alert.id}/close`, { as: 'cs', body: { outcome: 'x' } })).status).toBe(
      409,
    );
  });

  test('has the account scored at once, and only once for each event', async () => {
    const id = await account();
    await use(id, 2, 59, 0);
    await send(id, 'metrics_recorded', 1, { features_used: 4, features_available: 10, support_sentiment: -1 });
    await sweepAll();
    const [before] = await scoresOf(id);
    await send(id, 'payment_failure', 0);
    while ((await scoreSome(parts())) > 0);
    const [after, ...rest] = await scoresOf(id);
    expect(rest).toHaveLength(1);
    expect(after.inputs.payment_health).toBe(0);
    expect(before.score - after.score).toBe(5);
    expect(await scoreSome(parts())).toBe(0);
    expect((await rows(sql`select * from score_requests where account_id = ${id}`)).length).toBe(0);
  });

  test('keeps its request when the database goes away', async () => {
    const id = await account();
    await use(id, 2, 59, 0);
    await send(id, 'metrics_recorded', 1, { features_used: 0, features_available: 10, support_sentiment: -1 });
    await send(id, 'cancellation_intent_detected', 0);
    const failing = {
      ...parts(),
      ingest: () => Promise.reject(Object.assign(new Error('crashed'), { code: '57P01' })),
    };
    await expect(scoreSome(failing)).rejects.toThrow('crashed');
    expect(await scoresOf(id)).toEqual([]);
    while ((await scoreSome(parts())) > 0);
    expect(await scoresOf(id)).toHaveLength(1);
    expect(await told(id)).toHaveLength(1);
  });

  test('one that fails for itself is set aside with a task, once, and the others of its batch are met', async () => {
    const ids = [await account(), await account(), await account()];
    const ask = async () => {
      for (const id of ids) {
        await use(id, 2, 59, 0);
        await send(id, 'metrics_recorded', 1, { features_used: 0, features_available: 10, support_sentiment: -1 });
        await send(id, 'cancellation_intent_detected', 0);
      }
    };
    const launched: string[] = [];
    const poisoned = {
      ...parts(),
      ingest: ((tx, given) =>
        given.events.some((event) => event.account === ids[1])
          ? Promise.reject(Object.assign(new Error('value too long'), { code: '22001' }))
          : parts().ingest(tx, given)) as ScoringDeps['ingest'],
      launch: async (started: { accountId: string }[]) => void launched.push(...started.map((row) => row.accountId)),
    };
    await ask();
    expect(await scoreSome(poisoned)).toBeGreaterThanOrEqual(3);
    expect((await rows(sql`select * from score_requests`)).length).toBe(0);
    expect(await Promise.all(ids.map(async (id) => (await scoresOf(id)).length))).toEqual([1, 0, 1]);
    expect(launched).not.toContain(ids[1]);
    await ask();
    await scoreSome(poisoned);
    const tasks = await rows(sql`select account_id, owner_role, state from tasks where key like 'scoring/%'`);
    expect(tasks).toEqual([{ account_id: ids[1], owner_role: 'operations', state: 'open' }]);
  });
});
