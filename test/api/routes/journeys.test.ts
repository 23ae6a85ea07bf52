import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aTrial, anAccount, apiFixture, freshId } from '../api-fixture.ts';
import type { ApiFixture, Json } from '../api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => void (api = await apiFixture()));
afterAll(() => api.close());

const start = (body: Record<string, unknown>, headers?: Record<string, string>) =>
  api.call('POST', '/v1/journeys', { as: 'service', body: { playbook: '002.trial', ...body }, headers });
const account = async () => {
  const id = freshId();
  await api.call('PUT', `/v1/accounts/${id}`, { body: anAccount() });
  return id;
};

describe('starting a journey', () => {
  test('answers 201 with where it runs, and 200 with the same one when it runs already', async () => {
    const id = await account();
    const first = await start({ account: id });
    expect(first.status, first.text).toBe(201);
    expect(first.body).toMatchObject({
      playbook: '002.trial',
      version: 1,
      account: id,
      state: 'running',
      next: { step: expect.any(String), at: expect.any(String) },
    });
    expect(first.body.temporal.workflowId).toBe(`trial:${id}`);
    expect(first.body.temporal.url).toBe(
      `http://ui.test/namespaces/default/workflows/trial%3A${id}/${first.body.temporal.runId}`,
    );
    const again = await start({ account: id });
    expect([again.status, again.body.id]).toEqual([200, first.body.id]);
    const keyed = await start({ account: id, key: 'emea' });
    expect(keyed.body.temporal.workflowId).toBe(`trial:${id}:emea`);
  });

  test('20 starts at once open one journey', async () => {
    const id = await account();
    const answers = await Promise.all(Array.from({ length: 20 }, () => start({ account: id })));
    expect(new Set(answers.map((a) => a.body.id)).size).toBe(1);
    expect(answers.filter((a) => a.status === 201).length).toBeLessThanOrEqual(1);
    for (const answer of answers) expect([200, 201], answer.text).toContain(answer.status);
  });

  test.each([
    [{ account: 'nobody-knows' }, 404, 'unknown-account'],
    [{ playbook: '999.none' }, 404, 'unknown-playbook'],
    [{ version: 99 }, 404, 'unknown-playbook'],
    [{ anchor: '1900-01-01T00:00:00Z' }, 422, 'invalid-date'],
    [{ anchor: '9999-01-01T00:00:00Z' }, 422, 'invalid-date'],
    [{ options: { no_such_option: 1 } }, 422, 'unknown-name'],
    [{ colour: 'red' }, 400, 'invalid-request'],
    [{ account: 'ada@acme.test' }, 400, 'invalid-request'],
  ])('refuses %j', async (body, status, code) => {
    const answer = await start({ account: await account(), ...body });
    expect(answer, answer.text).toMatchObject({ status, body: { code } });
  });

  test('an Idempotency-Key gives the same journey for ever, also after its day is over', async () => {
    const id = await account();
    const key = { 'idempotency-key': `"start ${id}"` };
    const first = await start({ account: id }, key);
    const again = await start({ account: id }, key);
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers['idempotent-replayed']).toBe('true');
    await api.database.sql`delete from idempotency_keys`;
    const late = await start({ account: id }, key);
    expect([late.status, late.body.id]).toEqual([200, first.body.id]);
    expect(await start({ account: id, key: 'x' }, key)).toMatchObject({ status: 422, body: { code: 'id-reused' } });
    await api.database.sql`delete from idempotency_keys`;
    expect(await start({ account: id, key: 'x' }, key)).toMatchObject({ status: 422, body: { code: 'id-reused' } });
  });
});

describe('reading journeys', () => {
  test('lists by filter with a stable cursor', async () => {
    const id = await account();
    const made: string[] = [];
    for (const key of ['a', 'b', 'c', 'd', 'e']) made.push((await start({ account: id, key })).body.id);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Json = (
        await api.call('GET', `/v1/journeys?account=${id}&limit=2${cursor ? `&cursor=${cursor}` : ''}`, {
          as: 'viewer',
        })
      ).body;
      seen.push(...page.items.map((item: Json) => item.id));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(made.reverse());
    expect((await api.call('GET', `/v1/journeys?account=${id}&state=ended`)).body.items).toEqual([]);
    expect((await api.call('GET', `/v1/journeys?account=${id}&dueBefore=2000-01-01T00:00:00Z`)).body.items).toEqual([]);
    expect((await api.call('GET', '/v1/journeys?cursor=nonsense')).body).toMatchObject({
      code: 'invalid-request',
      errors: [{ pointer: '/query/cursor' }],
    });
    expect((await api.call('GET', '/v1/journeys?colour=red')).body.errors).toMatchObject([
      { pointer: '/query/colour' },
    ]);
  });

  test('explains every step, those to come too, and one alone', async () => {
    const { journey } = await aTrial(api);
    const view = (await api.call('GET', `/v1/journeys/${journey}`, { as: 'viewer' })).body;
    const all = (await api.call('GET', `/v1/journeys/${journey}/explain`, { as: 'viewer' })).body.items;
    for (const { step } of view.forecast) expect(all.map((d: Json) => d.step)).toContain(step);
    const one = (await api.call('GET', `/v1/journeys/${journey}/explain?step=setup-sms`)).body.items;
    expect(one).toMatchObject([
      { step: 'setup-sms', outcome: 'pending', reason: 'not-due', at: expect.any(String), details: {} },
    ]);
    expect((await api.call('GET', `/v1/journeys/${journey}/explain?step=none`)).body.code).toBe('unknown-step');
    const forecast = await api.call('GET', `/v1/journeys/${journey}/forecast`);
    expect(forecast.body.forecast).toEqual(view.forecast);
  });

  test('the timeline merges what happened, newest first, page by page', async () => {
    const { account: of, journey } = await aTrial(api);
    await api.call('POST', '/v1/events', {
      body: { events: [{ id: freshId('e'), type: 'user_logged_in', account: of }] },
    });
    const page = (await api.call('GET', `/v1/journeys/${journey}/timeline?limit=1`, { as: 'viewer' })).body;
    expect(page.items[0]).toMatchObject({ kind: 'event', entry: { type: 'user_logged_in' } });
    expect(page.items[0].entry.happened).toMatch(/^\d{4}-.*\.\d{3}Z$/);
    const rest = (await api.call('GET', `/v1/journeys/${journey}/timeline?cursor=${page.nextCursor}`)).body;
    expect(rest.items.map((item: Json) => item.kind)).toContain('start');
    expect(rest.items.map((item: Json) => item.kind)).not.toContain('event');
  });
});
