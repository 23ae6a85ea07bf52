import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anAccount, apiFixture, freshId } from '../api-fixture.ts';
import type { ApiFixture, Json } from '../api-fixture.ts';

const START = Date.UTC(2026, 2, 2, 9);
const DAY = 86_400_000;
const MODEL = '002.health.score';

let api: ApiFixture;
let now = START;
beforeAll(async () => void (api = await apiFixture({ clock: () => now })));
afterAll(() => api.close());

const rows = (query: ReturnType<typeof sql>) => api.database.db.execute<Record<string, Json>>(query);
const atDay = (days: number) => void (now = START + days * DAY);

async function account(more: Record<string, unknown> = {}): Promise<string> {
  const id = freshId();
  const { status, text } = await api.call('PUT', `/v1/accounts/${id}`, {
    body: anAccount({ plan: 'professional', ...more }),
  });
  if (status !== 201) throw new Error(text);
  return id;
}
const give = (id: string, body: Record<string, unknown>) =>
  api.call('POST', `/v1/accounts/${id}/scores`, { as: 'service', body });
const sweep = (id: string) => api.call('POST', '/v1/health/sweep', { as: 'cs', body: { account: id } });
const inForce = async (id: string): Promise<Json> =>
  (await api.call('GET', `/v1/accounts/${id}/health`, { as: 'viewer' })).body.bands[0];
const told = async (id: string) =>
  (
    await rows(
      sql`select data from events where account_id = ${id} and type = 'health.band_changed' order by received_at, id`,
    )
  ).map(({ data }) => `${data.previous} → ${data.band} (${data.direction})`);

describe('a score given from outside', () => {
  test('is kept, gives a band, and tells playbooks of every band but a first that is the best', async () => {
    atDay(0);
    const id = await account();
    const first = await give(id, { model: MODEL, score: 82 });
    expect(first).toMatchObject({
      status: 201,
      body: { account: id, version: 1, score: 82, band: 'low', confidence: 1, contributions: [] },
    });
    expect(await told(id)).toEqual([]);
    expect((await give(id, { model: MODEL, score: 40 })).body.band).toBe('medium');
    expect((await give(id, { model: MODEL, score: 39.99 })).body.band).toBe('high');
    expect(await told(id)).toEqual(['low → medium (worse)', 'medium → high (worse)']);
    expect(await inForce(id)).toMatchObject({
      band: 'high',
      score: 39.99,
      action: '002.churn.high-risk',
      improving: null,
    });
    const list = await api.call('GET', `/v1/accounts/${id}/scores?limit=2`, { as: 'viewer' });
    expect(list.body.items.map((one: Json) => one.score)).toEqual([39.99, 40]);
    const rest = await api.call('GET', `/v1/accounts/${id}/scores?cursor=${list.body.nextCursor}`, { as: 'viewer' });
    expect(rest.body.items.map((one: Json) => one.score)).toEqual([82]);
  });

  test('of the past is history and changes no band', async () => {
    atDay(3);
    const id = await account();
    await give(id, { model: MODEL, score: 90 });
    await give(id, { model: MODEL, score: 10, at: new Date(START).toISOString() });
    expect(await inForce(id)).toMatchObject({ band: 'low', score: 90 });
  });

  test('improves a band only after seven days, which a sweep lets pass', async () => {
    atDay(0);
    const id = await account();
    await give(id, { model: MODEL, score: 30 });
    atDay(1);
    await give(id, { model: MODEL, score: 75 });
    expect(await inForce(id)).toMatchObject({
      band: 'high',
      improving: { band: 'low', inForceAt: new Date(START + 8 * DAY).toISOString() },
    });
    atDay(7.9);
    expect((await sweep(id)).body).toEqual({ stored: 0, changed: 0, drops: 0 });
    atDay(8);
    expect((await sweep(id)).body.changed).toBe(1);
    expect((await sweep(id)).body.changed).toBe(0);
    expect(await told(id)).toEqual(['none → high (worse)', 'high → low (better)']);
  });

  test('is a band for a model of rules', async () => {
    atDay(0);
    const id = await account();
    expect((await give(id, { model: '000.health-score', band: 'red' })).body).toMatchObject({
      band: 'red',
      score: null,
    });
    expect((await give(id, { model: '000.health-score', score: 3 })).body.code).toBe('invalid-request');
    expect((await give(id, { model: '000.health-score', band: 'blue' })).body.code).toBe('invalid-request');
    expect((await give(id, { model: MODEL, band: 'low' })).body.code).toBe('invalid-request');
    expect((await give(id, { model: '009.nothing', score: 3 })).body.code).toBe('unknown-model');
    expect((await give('nobody', { model: MODEL, score: 3 })).body.code).toBe('unknown-account');
    expect((await give(id, { model: MODEL, score: 3, at: '2030-01-01T00:00:00Z' })).body.code).toBe('invalid-date');
    expect((await api.call('POST', `/v1/accounts/${id}/scores`, { as: 'viewer', body: {} })).status).toBe(403);
  });

  test('of a trial, or of the first 14 days of a subscription, is shown and not acted on until they are over', async () => {
    atDay(0);
    const trial = await account({ plan: 'trial' });
    await give(trial, { model: MODEL, score: 5 });
    expect(await told(trial)).toEqual([]);
    const young = await account({ facts: { subscribed_at: new Date(START).toISOString() } });
    await give(young, { model: MODEL, score: 5 });
    atDay(13.9);
    await sweep(young);
    expect([(await inForce(young)).band, await told(young)]).toEqual(['high', []]);
    atDay(14);
    await sweep(young);
    expect(await told(young)).toEqual(['none → high (worse)']);
  });

  test.each(['purchase', 'subscription.started'])(
    'of a subscription begun by %s is shown in its first 14 days',
    async (type) => {
      atDay(0);
      const id = await account({ plan: 'trial' });
      const events = [{ id: freshId('e'), type, account: id, data: { plan: 'starter' } }];
      expect((await api.call('POST', '/v1/events', { as: 'service', body: { events } })).status).toBe(202);
      await give(id, { model: MODEL, score: 5 });
      atDay(13.9);
      await sweep(id);
      expect([(await inForce(id)).band, await told(id)]).toEqual(['high', []]);
      atDay(14);
      await sweep(id);
      expect(await told(id)).toEqual(['none → high (worse)']);
    },
  );

  test('counts those days from the first purchase, and not from one more', async () => {
    atDay(0);
    const id = await account({ plan: 'trial' });
    const buy = () => [{ id: freshId('e'), type: 'purchase', account: id, data: { plan: 'starter' } }];
    await api.call('POST', '/v1/events', { as: 'service', body: { events: buy() } });
    await give(id, { model: MODEL, score: 5 });
    atDay(13);
    await api.call('POST', '/v1/events', { as: 'service', body: { events: buy() } });
    atDay(14);
    await sweep(id);
    expect(await told(id)).toEqual(['none → high (worse)']);
  });
});

describe('an override', () => {
  const path = (id: string, model = MODEL) => `/v1/accounts/${id}/health/${model}/override`;
  const until = (days: number) => new Date(START + days * DAY).toISOString();

  test('stands in place of the scores until its time, and leaves author and reason', async () => {
    atDay(0);
    const id = await account();
    await give(id, { model: MODEL, score: 80 });
    const body = { band: 'high', reason: 'their sponsor has left', until: until(5) };
    const put = await api.call('PUT', path(id), { as: 'cs', body });
    expect(put.body.bands[0]).toMatchObject({
      band: 'high',
      byScores: 'low',
      override: { by: 'cs:test cs', reason: body.reason },
    });
    atDay(4);
    await give(id, { model: MODEL, score: 50 });
    expect(await inForce(id)).toMatchObject({ band: 'high', byScores: 'medium' });
    atDay(5);
    await sweep(id);
    expect(await inForce(id)).toMatchObject({ band: 'medium', override: null });
    expect(await told(id)).toEqual(['low → high (worse)', 'high → medium (better)']);
    const [entry] = await rows(
      sql`select actor, reason, details from audit where action = 'band.overridden' and target = ${`account:${id}`}`,
    );
    expect(entry).toMatchObject({ actor: 'cs:test cs', reason: body.reason, details: { band: 'high', model: MODEL } });
  });

  test('may be replaced and taken back', async () => {
    atDay(0);
    const id = await account();
    await give(id, { model: MODEL, score: 80 });
    await api.call('PUT', path(id), { as: 'cs', body: { band: 'high', reason: 'a', until: until(5) } });
    await api.call('PUT', path(id), { as: 'cs', body: { band: 'medium', reason: 'b', until: until(6) } });
    expect(await inForce(id)).toMatchObject({ band: 'medium', override: { reason: 'b' } });
    const gone = await api.call('DELETE', path(id), { as: 'cs' });
    expect(gone.body.bands[0]).toMatchObject({ band: 'low', override: null });
    expect((await api.call('DELETE', path(id), { as: 'cs' })).body.code).toBe('unknown-item');
    expect(
      (await api.call('PUT', path(id), { as: 'cs', body: { band: 'high', reason: 'a', until: until(-1) } })).body.code,
    ).toBe('invalid-date');
    expect(
      (await api.call('PUT', path(id), { as: 'service', body: { band: 'high', reason: 'a', until: until(9) } })).status,
    ).toBe(403);
    expect(
      (await api.call('PUT', path(id), { as: 'cs', body: { band: 'blue', reason: 'a', until: until(9) } })).status,
    ).toBe(400);
  });
});

test('the models are there to be read', async () => {
  const { body } = await api.call('GET', '/v1/score-models', { as: 'viewer' });
  expect(body.items.map((one: Json) => one.model)).toContain(MODEL);
});
