import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from 'drizzle-orm';
import { readJourney } from '../../../db/queries/journeys/read-journey.ts';
import { aTrial, anAccount, apiFixture, freshId } from '../api-fixture.ts';
import type { ApiFixture, Json } from '../api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => void (api = await apiFixture()));
afterAll(() => api.close());

const put = (id: string, body: unknown, as: 'service' | 'cs' = 'service') =>
  api.call('PUT', `/v1/accounts/${id}`, { as, body });
const send = (...events: unknown[]) => api.call('POST', '/v1/events', { as: 'service', body: { events } });
const rows = (query: ReturnType<typeof sql>) => api.database.db.execute<Record<string, Json>>(query);

describe('accounts', () => {
  test('are written whole, contacts known by their role and consent kept as proof', async () => {
    const id = freshId();
    expect((await put(id, anAccount())).status).toBe(201);
    const before = (await api.call('GET', `/v1/accounts/${id}`, { as: 'viewer' })).body;
    const changed = await put(
      id,
      anAccount({
        contacts: [
          { role: 'primary', email: 'new@acme.test', consent: { email: true, sms: false } },
          { role: 'billing', email: 'b@acme.test', consent: {} },
        ],
      }),
    );
    expect(changed.status).toBe(200);
    expect(changed.body.contacts.map((c: Json) => [c.role, c.email])).toEqual([
      ['primary', 'new@acme.test'],
      ['billing', 'b@acme.test'],
    ]);
    expect(changed.body.contacts[0].id).toBe(before.contacts[0].id);
    expect(changed.body.contacts[0].consent.sms).toMatchObject({ given: false, source: 'service:test service' });
    const proof = await rows(
      sql`select channel, given from consents where contact_id = ${before.contacts[0].id}::uuid order by channel, recorded_at`,
    );
    expect(proof.map((row) => [row.channel, row.given])).toEqual([
      ['email', true],
      ['sms', true],
      ['sms', false],
    ]);
    const list = await api.call('GET', '/v1/accounts?limit=1', { as: 'viewer' });
    expect(list.body.items).toHaveLength(1);
  });

  test.each([
    [{ plan: 'no-such-plan' }, 422, 'unknown-plan'],
    [{ timeZone: 'Mars/Olympus' }, 422, 'invalid-zone'],
    [{ facts: { nobody_reads_this: 1 } }, 422, 'unknown-name'],
    [{ colour: 'red' }, 400, 'invalid-request'],
    [{ contacts: [] }, 400, 'invalid-request'],
    [
      {
        contacts: [
          { role: 'a', consent: {} },
          { role: 'a', consent: {} },
        ],
      },
      400,
      'invalid-request',
    ],
    [{ contacts: [{ role: 'a', email: 'no mail', phone: '12', consent: {} }] }, 400, 'invalid-request'],
  ])('refuses %j', async (more, status, code) => {
    expect(await put(freshId(), anAccount(more))).toMatchObject({ status, body: { code } });
  });

  test('an e-mail address is no id, and only a service may write', async () => {
    expect((await put('ada%40acme.test', anAccount())).status).toBe(400);
    expect((await put(freshId(), anAccount(), 'cs')).status).toBe(403);
    expect((await api.call('GET', `/v1/accounts/${freshId()}`)).body.code).toBe('unknown-account');
  });

  test('a changed zone and plan reach the open journey in the same transaction, the zone as data', async () => {
    const { account, journey } = await aTrial(api);
    await put(account, anAccount({ timeZone: 'Asia/Kathmandu', plan: 'professional' }));
    const told = await rows(sql`select happening from deliveries where journey_id = ${journey}::uuid order by seq`);
    expect(told.map((row) => row.happening.type)).toEqual(['account.zone_changed', 'account.plan_changed']);
    expect(told[0]!.happening.zone).toMatchObject({ id: 'Asia/Kathmandu', offsets: [345] });
    expect((await api.call('GET', `/v1/journeys/${journey}`)).body.plan).toBe('professional');
  });

  test('erasing wipes what is personal, tells the open journey to end and leaves no way back', async () => {
    const { account, journey } = await aTrial(api);
    expect((await api.call('DELETE', `/v1/accounts/${account}`, { as: 'service' })).status).toBe(204);
    expect((await api.call('DELETE', `/v1/accounts/${account}`, { as: 'service' })).status).toBe(204);
    const everything = await rows(
      sql`select a::text as row from accounts a where id = ${account} union all select c::text from contacts c where account_id = ${account}`,
    );
    expect(JSON.stringify(everything)).not.toMatch(/Ada|acme\.test|4917/);
    expect((await api.call('GET', `/v1/accounts/${account}`)).body.code).toBe('gone');
    expect((await put(account, anAccount())).body.code).toBe('account-closed');
    expect((await send({ id: freshId(), type: 'user_logged_in', account })).body.code).toBe('account-closed');
    expect((await api.call('GET', `/v1/journeys/${journey}`)).body).toMatchObject({
      state: 'ended',
      outcome: 'account-erased',
    });
  });
});

describe('events', () => {
  test('are stored once by id, and told to the journey that listens with named fields only', async () => {
    const { account, journey } = await aTrial(api);
    const [a, b] = [freshId('e'), freshId('e')];
    const first = await send({ id: a, type: 'user_logged_in', account }, { id: a, type: 'user_logged_in', account });
    expect(first).toMatchObject({ status: 202, body: { accepted: 1, duplicates: 1 } });
    expect(
      (await send({ id: a, type: 'user_logged_in', account }, { id: b, type: 'setup_completed', account })).body,
    ).toEqual({ accepted: 1, duplicates: 1 });
    const told = await rows(sql`select cause_id from deliveries where journey_id = ${journey}::uuid order by seq`);
    expect(told.map((row) => row.cause_id)).toEqual([a, b]);
  });

  test('the same id with another body stores nothing of the call', async () => {
    const { account } = await aTrial(api);
    const [a, b] = [freshId('e'), freshId('e')];
    await send({ id: a, type: 'user_logged_in', account });
    expect(
      await send({ id: b, type: 'user_logged_in', account }, { id: a, type: 'setup_completed', account }),
    ).toMatchObject({ status: 422, body: { code: 'id-reused', id: a } });
    expect(await rows(sql`select 1 from events where id = ${b}`)).toHaveLength(0);
  });

  test.each(['subscription.started', 'account.plan_changed'])(
    '%s puts an account on any plan there is, and is refused with one that there is not',
    async (type) => {
      const { account } = await aTrial(api);
      const on = (plan: string) => send({ id: freshId('e'), type, account, data: { plan } });
      expect(await on('gold')).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/events/0/data/plan', detail: expect.stringContaining('enterprise, platform') }] },
      });
      expect((await on('platform')).status).toBe(202);
      expect((await api.call('GET', `/v1/accounts/${account}`)).body.plan).toBe('platform');
    },
  );

  test('refuses unknown accounts, types, names and times, and stores nothing', async () => {
    const { account } = await aTrial(api);
    const id = freshId('e');
    const event = (more: Record<string, unknown>) =>
      send({ id, type: 'user_logged_in', account }, { id: `${id}-2`, type: 'user_logged_in', account, ...more });
    expect(await event({ account: 'nobody' })).toMatchObject({
      status: 404,
      body: { code: 'unknown-account', account: 'nobody' },
    });
    expect((await event({ type: 'no_such_event' })).body).toMatchObject({
      code: 'unknown-name',
      errors: [{ pointer: '/events/1/type' }],
    });
    expect((await event({ type: 'offer.accepted', data: { price: 1 } })).body).toMatchObject({
      code: 'unknown-name',
      errors: [{ pointer: '/events/1/data/price', detail: expect.stringMatching(/^unknown field; one of .*offer/) }],
    });
    expect((await event({ type: 'metrics_recorded', data: { no_such_metric: 1 } })).body.code).toBe('unknown-name');
    expect((await event({ type: 'facts_recorded', data: { no_such_fact: 1 } })).body.code).toBe('unknown-name');
    expect((await event({ type: 'facts_recorded', data: { renewal_date: '2026-02-30' } })).body).toMatchObject({
      errors: [{ pointer: '/events/1/data/renewal_date' }],
    });
    expect((await event({ at: '1900-01-01T00:00:00Z' })).body.code).toBe('invalid-date');
    expect((await event({ at: '9999-01-01T00:00:00Z' })).body.code).toBe('invalid-date');
    expect((await event({ at: 'yesterday' })).body).toMatchObject({
      code: 'invalid-request',
      errors: [{ pointer: '/events/1/at' }],
    });
    expect(await rows(sql`select 1 from events where id = ${id}`)).toHaveLength(0);
    expect((await send({ id, type: 'x.our.own', account, data: { any: 'thing' } })).status).toBe(202);
    expect((await send()).status).toBe(400);
  });

  test('metrics are kept by day, the newest time of the day stands however they arrive', async () => {
    const { account } = await aTrial(api);
    const names = (await api.call('GET', '/v1/playbooks/002.trial')).body.describes.metrics;
    const name = Object.keys(names)[0]!;
    const metric = (at: string, value: number) => ({
      id: freshId('m'),
      type: 'metrics_recorded',
      account,
      at,
      data: { [name]: value },
    });
    await send(metric('2026-11-01T12:00:00Z', 5), metric('2026-11-01T09:00:00Z', 3));
    await send(metric('2026-11-01T10:00:00Z', 4), metric('2025-11-02T10:00:00Z', 9));
    const kept = await rows(sql`select day::text, value from metrics where account_id = ${account} order by day`);
    expect(kept.map((row) => [row.day, row.value])).toEqual([
      ['2025-11-02', 9],
      ['2026-11-01', 5],
    ]);
  });

  test('a trigger starts a journey once, and what comes after it in the same call is told to it', async () => {
    const account = freshId();
    await put(account, anAccount());
    const [a, b] = [freshId('e'), freshId('e')];
    expect(
      (await send({ id: a, type: 'trial_signup_complete', account }, { id: b, type: 'user_logged_in', account })).body
        .accepted,
    ).toBe(2);
    const list = await api.call('GET', `/v1/journeys?account=${account}&playbook=002.trial`, { as: 'viewer' });
    expect(list.body.items).toHaveLength(1);
    const told = await rows(sql`select cause_id from deliveries where journey_id = ${list.body.items[0].id}::uuid`);
    expect(told.map((row) => row.cause_id)).toEqual([b]);
    await send({ id: freshId('e'), type: 'trial_signup_complete', account });
    expect((await api.call('GET', `/v1/journeys?account=${account}&playbook=002.trial`)).body.items).toHaveLength(1);
    expect((await readJourney(api.database.db, list.body.items[0].id))!.startedBy).toBe('service:test service');
  });

  test('500 are taken in one call, 501 not, and 1 MB is too much', async () => {
    const { account } = await aTrial(api);
    const many = (n: number) =>
      Array.from({ length: n }, () => ({ id: freshId('e'), type: 'user_logged_in', account }));
    expect((await send(...many(500))).body).toEqual({ accepted: 500, duplicates: 0 });
    expect((await send(...many(501))).status).toBe(400);
    const large = await send({ id: 'large', type: 'x.large', account, data: { text: 'x'.repeat(1_100_000) } });
    expect(large).toMatchObject({ status: 413, body: { code: 'body-too-large' } });
  });
});
