import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { openApi } from '../../api/openapi.ts';
import { holds, idempotencyKeys, stops } from '../../db/schema/index.ts';
import { errors } from '../../workflows/contracts/errors.ts';
import { ensureAdminKey } from '../../db/queries/keys/ensure-admin-key.ts';
import { eventually } from '../support/eventually.ts';
import { anAccount, apiFixture, freshId } from './api-fixture.ts';
import type { ApiFixture, Json } from './api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => void (api = await apiFixture()));
afterAll(() => api.close());

describe('what cannot be read', () => {
  test('is answered as a problem that says where: an address, and a moment beyond the calendar of the database', async () => {
    for (const url of ['/v1/journeys/%ff%fe', `/v1/journeys/${'x'.repeat(3000)}`])
      expect(await api.call('GET', url), url).toMatchObject({
        status: 400,
        headers: { 'content-type': expect.stringContaining('application/problem+json') },
        body: { code: 'invalid-request', errors: [{ pointer: '/path' }] },
      });
    for (const at of ['9999-12-31T23:59:59-23:59', '0000-06-01T00:00:00Z']) {
      const asked = ['/v1/journeys?dueBefore=', '/v1/decisions?from=', '/v1/audit?to='];
      const cursor = Buffer.from(JSON.stringify({ at, id: randomUUID() })).toString('base64url');
      for (const url of [...asked.map((path) => path + encodeURIComponent(at)), `/v1/incidents?cursor=${cursor}`])
        expect(await api.call('GET', url), url).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    }
  });
});

describe('authority', () => {
  test('no route but the public ones answers without a key, known or not', async () => {
    for (const url of ['/v1/journeys', '/v1/accounts/acme', '/v1/keys', '/v1/audit', '/v1/nothing', '/nothing'])
      for (const authorization of [
        undefined,
        'Bearer wrong-key-wrong-key',
        'Basic abc',
        `Bearer ${api.keyOf('admin')}x`,
      ]) {
        const answer = await api.call('GET', url, { as: null, headers: authorization ? { authorization } : {} });
        expect(answer, url).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
        expect(answer.headers['content-type']).toContain('application/problem+json');
      }
    for (const url of ['/healthz', '/metrics', '/docs/json'])
      expect((await api.call('GET', url, { as: null })).status, url).toBe(200);
  });

  test('each scope may do what it is for', async () => {
    const calls: [method: 'GET' | 'POST' | 'DELETE', url: string, may: string[]][] = [
      ['GET', '/v1/journeys', ['viewer', 'service', 'cs', 'admin']],
      ['GET', '/v1/tasks', ['viewer', 'service', 'cs', 'admin']],
      ['GET', '/v1/stops', ['viewer', 'service', 'cs', 'admin']],
      ['POST', '/v1/events', ['service', 'admin']],
      ['POST', '/v1/journeys', ['service', 'admin']],
      ['POST', '/v1/journeys/commands', ['cs', 'admin']],
      ['POST', '/v1/holds', ['cs', 'admin']],
      ['POST', `/v1/offers/${randomUUID()}/accept`, ['service', 'cs', 'admin']],
      ['POST', `/v1/tasks/${randomUUID()}/complete`, ['service', 'cs', 'admin']],
      ['POST', '/v1/stops', ['admin']],
      ['POST', '/v1/playbooks', ['admin']],
      ['GET', '/v1/keys', ['admin']],
      ['GET', '/v1/audit', ['cs', 'admin']],
    ];
    for (const [method, url, may] of calls)
      for (const as of ['viewer', 'service', 'cs', 'admin'] as const) {
        const { status } = await api.call(method, url, { as, ...(method === 'POST' ? { body: {} } : {}) });
        expect(status === 403, `${as} ${method} ${url} answered ${status}`).toBe(!may.includes(as));
      }
  });

  test('keys are made, shown once, listed without what opens, and revoked at once', async () => {
    const made = await api.call('POST', '/v1/keys', { body: { name: 'import job', scope: 'service' } });
    expect(made.status).toBe(201);
    const use = () =>
      api.call('GET', '/v1/journeys', { as: null, headers: { authorization: `Bearer ${made.body.key}` } });
    expect((await use()).status).toBe(200);
    expect((await api.call('GET', '/v1/keys')).text).not.toContain(made.body.key);
    expect((await api.call('DELETE', `/v1/keys/${made.body.id}`)).status).toBe(204);
    expect((await use()).status).toBe(401);
    expect((await api.call('DELETE', `/v1/keys/${made.body.id}`)).body.code).toBe('unknown-item');
  });

  test('the first boot makes an admin key once; a given one is stored and not shown', async () => {
    const fresh = await apiFixture({ publish: false });
    try {
      await fresh.database.sql`delete from api_keys`;
      const key = await ensureAdminKey(fresh.database.db, { now: new Date() });
      expect(key).toMatch(/^tnr_/);
      expect(await ensureAdminKey(fresh.database.db, { now: new Date() })).toBeUndefined();
      expect(
        await ensureAdminKey(fresh.database.db, { given: 'a-given-key-of-mine', now: new Date() }),
      ).toBeUndefined();
      for (const one of [key, 'a-given-key-of-mine'])
        expect(
          (await fresh.call('GET', '/v1/keys', { as: null, headers: { authorization: `Bearer ${one}` } })).status,
        ).toBe(200);
    } finally {
      await fresh.close();
    }
  });

  test('a key over its rate is told when to come again', async () => {
    const slow = await apiFixture({ publish: false, config: { limits: { perKey: 3, perAddress: 2 } } });
    try {
      for (let i = 0; i < 3; i++) expect((await slow.callOnce('GET', '/v1/keys')).status).toBe(200);
      const over = await eventually('it is told so', async () => {
        const answer = await slow.callOnce('GET', '/v1/keys');
        return answer.status !== 200 && answer;
      });
      expect(over).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
      expect(Number(over.headers['retry-after'])).toBeGreaterThan(0);
      for (let i = 0; i < 2; i++) await slow.callOnce('GET', '/v1/keys', { as: null });
      expect((await slow.callOnce('GET', '/v1/keys', { as: null })).status).toBe(429);
    } finally {
      await slow.close();
    }
  });
});

describe('Idempotency-Key', () => {
  const start = async (headers: Record<string, string>, account: string, as: 'service' | 'admin' = 'service') =>
    api.call('POST', '/v1/journeys', { as, body: { playbook: '002.trial', account }, headers });
  const account = async () => {
    const id = freshId();
    await api.call('PUT', `/v1/accounts/${id}`, { body: anAccount() });
    return id;
  };

  test('quoted or bare it is one key, of one caller, and no other body may have it', async () => {
    const id = await account();
    const key = randomUUID();
    const first = await start({ 'idempotency-key': key }, id);
    const quoted = await start({ 'idempotency-key': `"${key}"` }, id);
    expect([first.status, quoted.status, quoted.body]).toEqual([201, 201, first.body]);
    expect(await start({ 'idempotency-key': key }, await account())).toMatchObject({
      status: 422,
      body: { code: 'id-reused' },
    });
    expect((await start({ 'idempotency-key': key }, id, 'admin')).status).toBe(200);
  });

  test('events stored under a key answer the same again', async () => {
    const events = [{ id: randomUUID(), type: 'user_logged_in', account: await account() }];
    const send = () =>
      api.call('POST', '/v1/events', {
        as: 'service',
        body: { events },
        headers: { 'idempotency-key': events[0]!.id },
      });
    const first = await send();
    expect(first).toMatchObject({ status: 202, body: { accepted: 1, duplicates: 0 } });
    expect(await send()).toMatchObject({ status: 202, body: first.body });
  });

  test('a hold or stop whose answer was lost in a crash is not placed a second time, nor found after days', async () => {
    const { db } = api.database;
    const bodies: [string, object][] = [
      ['/v1/holds', { account: await account(), reason: 'a call' }],
      ['/v1/stops', { scope: 'playbook', target: '002.trial', reason: 'a look' }],
    ];
    for (const [url, body] of bodies) {
      const key = randomUUID();
      const headers = { 'idempotency-key': key };
      const place = () => api.call('POST', url, { body, headers });
      const first = await place();
      expect(first.status).toBe(201);
      await db.delete(idempotencyKeys).where(eq(idempotencyKeys.key, key));
      expect(await place(), url).toMatchObject({ status: 201, body: first.body });
      const table = url === '/v1/holds' ? holds : stops;
      await db
        .update(table)
        .set({ at: new Date(0) })
        .where(eq(table.id, first.body.id));
      await db.delete(idempotencyKeys).where(eq(idempotencyKeys.key, key));
      expect(await place(), url).toMatchObject({ status: 422, body: { code: 'id-reused' } });
      expect((await api.call('POST', `${url}/${first.body.id}/release`, { body: { reason: 'over' } })).status).toBe(
        200,
      );
    }
  });

  test('while the first is being worked on the second is told so; a wrong key is refused', async () => {
    const id = await account();
    const key = randomUUID();
    const answers = await Promise.all([start({ 'idempotency-key': key }, id), start({ 'idempotency-key': key }, id)]);
    const statuses = answers.map((answer) => answer.status).sort();
    expect([
      [201, 201],
      [201, 409],
    ]).toContainEqual(statuses);
    for (const bad of ['""', 'two words', 'ä'.repeat(3), 'x'.repeat(256)])
      expect((await start({ 'idempotency-key': bad }, id)).status, bad).toBe(400);
  });
});

describe('problems', () => {
  test('everything wrong with a request leaves as problem+json and tells nothing of the inside', async () => {
    const cases: [Promise<{ status: number; body: Json; headers: Json }>, number, string][] = [
      [api.call('GET', '/v1/nothing'), 404, 'not-found'],
      [
        api.call('POST', '/v1/events', { body: '<xml/>', headers: { 'content-type': 'application/xml' } }),
        415,
        'unsupported-media-type',
      ],
      [
        api.call('POST', '/v1/events', { body: '{"events": [', headers: { 'content-type': 'application/json' } }),
        400,
        'invalid-request',
      ],
      [
        api.call('POST', '/v1/journeys', { body: { playbook: 'x'.repeat(300_000), account: 'a' } }),
        413,
        'body-too-large',
      ],
      [api.call('POST', `/v1/tasks/${randomUUID()}/complete`, { body: {} }), 404, 'unknown-item'],
      [api.call('POST', '/v1/tasks/nonsense/complete', { body: {} }), 400, 'invalid-request'],
      [api.call('POST', `/v1/offers/${randomUUID()}/decline`, { body: {} }), 404, 'unknown-item'],
      [api.call('POST', `/v1/holds/${randomUUID()}/release`, { body: { reason: 'x' } }), 404, 'unknown-item'],
      [api.call('POST', '/v1/holds', { body: { account: 'nobody', reason: 'x' } }), 404, 'unknown-account'],
      [api.call('POST', `/v1/tasks/${randomUUID()}/complete`), 404, 'unknown-item'],
      [api.call('POST', '/v1/stops', { body: { scope: 'channel', reason: 'x' } }), 400, 'invalid-request'],
      [
        api.call('POST', '/v1/stops', { body: { scope: 'channel', target: 'fax', reason: 'x' } }),
        400,
        'invalid-request',
      ],
      [
        api.call('POST', '/v1/stops', { body: { scope: 'playbook', target: 'none', reason: 'x' } }),
        404,
        'unknown-playbook',
      ],
      [api.call('POST', '/v1/playbooks', { body: { source: 'id: [' } }), 422, 'invalid-playbook'],
      [api.call('GET', '/v1/playbooks/none'), 404, 'unknown-playbook'],
    ];
    for (const [call, status, code] of cases) {
      const answer = await call;
      expect(answer.body, code).toMatchObject({ status, code, type: `urn:tenure:error:${code}` });
      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(JSON.stringify(answer.body)).not.toMatch(/select|insert|node_modules|at async/i);
    }
  });

  test('a known address with another method is a 405 that names those it takes, an unknown one a 404', async () => {
    const cases: [method: 'GET' | 'PUT' | 'POST' | 'DELETE', url: string, allow: string][] = [
      ['DELETE', '/v1/events?x=1', 'POST'],
      ['POST', '/v1/accounts/acme', 'DELETE, GET, HEAD, PUT'],
      ['PUT', `/v1/journeys/${randomUUID()}`, 'GET, HEAD'],
      ['GET', '/v1/nothing/events', ''],
    ];
    for (const [method, url, allow] of cases) {
      const answer = await api.call(method, url);
      const code = allow === '' ? 'not-found' : 'method-not-allowed';
      expect(answer, url).toMatchObject({ status: allow === '' ? 404 : 405, body: { code } });
      expect(answer.headers.allow ?? '', url).toBe(allow);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect((await api.call(method, url, { as: null })).status).toBe(401);
    }
  });

  test('a database that is gone is a 503', async () => {
    const lost = await apiFixture({ publish: false });
    await lost.database.close();
    const answer = await lost.callOnce('GET', '/v1/journeys');
    expect(answer).toMatchObject({ status: 503, body: { code: 'database-unavailable' } });
    expect((await lost.call('GET', '/healthz', { as: null })).status).toBe(200);
    await lost.app.close();
  });

  test('stops are placed and released once, and shown while they stand', async () => {
    const placed = await api.call('POST', '/v1/stops', {
      body: { scope: 'playbook', target: '000.trial-onboarding', reason: 'x' },
    });
    expect(placed).toMatchObject({ status: 201, body: { scope: 'playbook', inFlight: 0 } });
    expect((await api.call('GET', '/v1/stops', { as: 'viewer' })).body.items.map((stop: Json) => stop.id)).toContain(
      placed.body.id,
    );
    expect((await api.call('GET', '/metrics', { as: null })).text).toMatch(/^tenure_stops_open [1-9]/m);
    const release = () => api.call('POST', `/v1/stops/${placed.body.id}/release`, { body: { reason: 'y' } });
    expect((await release()).status).toBe(200);
    expect(await release()).toMatchObject({
      status: 409,
      body: { code: 'already-decided', winner: { by: 'admin:test admin' } },
    });
  });
});

describe('the description of the API', () => {
  test('is OpenAPI 3.1 and committed as it is', async () => {
    const committed = await readFile(new URL('../../api/openapi.json', import.meta.url), 'utf8');
    expect(JSON.parse(committed).openapi).toBe('3.1.0');
    expect(await openApi(), 'run npm run generate').toBe(committed);
  });

  test('errors: registry = docs = OpenAPI', async () => {
    const docs = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const lines = docs.split('\n').flatMap((line) => {
      const [, code, status, again, title] = /^\| `([a-z-]+)` +\| (\d{3}) +\| (yes|no) +\| (.*?) *\|$/.exec(line) ?? [];
      return code === undefined ? [] : [[code, { status: Number(status), title, retryable: again === 'yes' }]];
    });
    expect(Object.fromEntries(lines)).toEqual(errors);
    const { paths } = JSON.parse(await openApi()) as {
      paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
    };
    const named = new Map<string, Set<string>>();
    for (const route of Object.values(paths).flatMap((path) => Object.values(path)))
      for (const [status, { description }] of Object.entries(route.responses))
        for (const [, code] of description.matchAll(/`([a-z-]+)`:/g))
          named.set(code!, (named.get(code!) ?? new Set()).add(status));
    // What is no route has no entry of its own.
    for (const [code, { status }] of Object.entries(errors))
      if (!['not-found', 'method-not-allowed'].includes(code))
        expect([...(named.get(code) ?? [])], code).toEqual([String(status)]);
  });
});
