import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anAccount, badInputRig } from './bad-input-rig.ts';
import type { BadInputRig } from './bad-input-rig.ts';

const COMMANDS = `/v1/journeys/${randomUUID()}/commands`;

let rig: BadInputRig;
let account: string;
let journey: string;
beforeAll(async () => {
  rig = await badInputRig({ withoutWorker: true });
  account = await rig.newAccount();
  journey = await rig.newTrial(account);
});
afterAll(() => rig.stop());

describe('what is not JSON, and too much of it', () => {
  const json = 'application/json';
  const wide = (bytes: number) => JSON.stringify(anAccount({ name: 'x'.repeat(bytes) }));
  it.each([
    ['a body cut off', 'PUT', '/v1/accounts/acme', '{"name":', json, 400, 'invalid-request'],
    [
      'a name of the prototype',
      'PUT',
      '/v1/accounts/acme',
      '{"__proto__":{"plan":"starter"}}',
      json,
      400,
      'invalid-request',
    ],
    ['a body of nothing', 'PUT', '/v1/accounts/acme', '', json, 400, 'invalid-request'],
    ['a body of a word', 'POST', '/v1/events', 'events', json, 400, 'invalid-request'],
    ['text', 'PUT', '/v1/accounts/acme', wide(10), 'text/plain', 415, 'unsupported-media-type'],
    ['XML', 'POST', '/v1/journeys', '<journey/>', 'application/xml', 415, 'unsupported-media-type'],
    [
      'a form',
      'PUT',
      '/v1/accounts/acme',
      'name=Acme',
      'application/x-www-form-urlencoded',
      415,
      'unsupported-media-type',
    ],
    ['1 MB for an account', 'PUT', '/v1/accounts/acme', wide(1_048_576), json, 413, 'body-too-large'],
    ['1 MB for a start', 'POST', '/v1/journeys', wide(1_048_576), json, 413, 'body-too-large'],
    ['1 MB for a command', 'POST', COMMANDS, wide(1_048_576), json, 413, 'body-too-large'],
    ['more than 1 MB of events', 'POST', '/v1/events', wide(1_048_577), json, 413, 'body-too-large'],
  ] as const)('refuses %s', async (_name, method, url, body, type, status, code) => {
    const before = await rig.contents();
    const answer = await rig.refused(method, url, body, { type });
    expect(answer, JSON.stringify(answer.problem)).toMatchObject({ status, code });
    expect(await rig.contents()).toBe(before);
  });

  it('takes 500 events of nearly 1 MB, all of them', async () => {
    const events = Array.from({ length: 500 }, () => ({
      ...{ id: randomUUID(), type: 'x.large', account },
      data: { text: 'x'.repeat(1900) },
    }));
    const bytes = JSON.stringify({ events }).length;
    expect(bytes).toBeGreaterThan(1_000_000);
    expect(bytes).toBeLessThan(1_048_576);
    expect(await rig.call('POST', '/v1/events', { events })).toEqual({
      status: 202,
      body: { accepted: 500, duplicates: 0 },
    });
  });
});

describe('cursors', () => {
  it.each([
    ['a word', 'next'],
    ['an empty one', ''],
    ['another shape', Buffer.from('{"at":1}').toString('base64url')],
    ['SQL', Buffer.from('"x\' or 1=1"').toString('base64url')],
    [
      'a mark that is no date and no id',
      Buffer.from(JSON.stringify({ at: 'now()', id: "x' or '1'='1" })).toString('base64url'),
    ],
    [
      'a mark with a null character',
      Buffer.from(JSON.stringify({ at: '2026-01-01T00:00:00Z', id: '\u0000', key: '\u0000' })).toString('base64url'),
    ],
  ])('refuses %s wherever there is one', async (_name, cursor) => {
    const lists = [
      'accounts',
      'journeys',
      'messages',
      'decisions',
      'audit',
      'tasks',
      'offers',
      `journeys/${journey}/timeline`,
    ];
    for (const list of lists) {
      const answer = await rig.refused('GET', `/v1/${list}?cursor=${encodeURIComponent(cursor)}`);
      expect(answer, `${list} ${JSON.stringify(answer.problem)}`).toMatchObject({
        status: 400,
        code: 'invalid-request',
        pointers: ['/query/cursor'],
      });
    }
  });
});

describe('SQL and markup', () => {
  const NAME = `Robert'); drop table accounts;-- <script>alert(1)</script> {{ account.name }} \${7*7} %s`;
  it('is a name like any other, and comes back as it was', async () => {
    const id = await rig.newAccount({ name: NAME, industry: NAME.slice(0, 90), facts: { use_case: NAME } });
    const { body } = await rig.call<{ name: string; facts: object }>('GET', `/v1/accounts/${id}`);
    expect(body).toMatchObject({ name: NAME, industry: NAME.slice(0, 90), facts: { use_case: NAME } });
  });

  it('finds nothing in a filter', async () => {
    const sql = encodeURIComponent("' or '1'='1");
    expect((await rig.call<{ items: unknown[] }>('GET', `/v1/journeys?playbook=${sql}`)).body.items).toEqual([]);
    expect((await rig.call<{ items: unknown[] }>('GET', `/v1/accounts?plan=${sql}`)).body.items).toEqual([]);
    expect((await rig.refused('GET', `/v1/journeys?account=${sql}`)).pointers).toEqual(['/query/account']);
  });
});
