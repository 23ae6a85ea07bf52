import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anAccount, badInputRig, freshId } from './bad-input-rig.ts';
import type { BadInputRig } from './bad-input-rig.ts';

let rig: BadInputRig;
let journey: string;
beforeAll(async () => {
  rig = await badInputRig({ withoutWorker: true });
  journey = await rig.newTrial();
});
afterAll(() => rig.stop());

const writes = (): ['PUT' | 'POST' | 'DELETE', string, unknown][] => [
  ['PUT', `/v1/accounts/${freshId()}`, anAccount()],
  ['DELETE', '/v1/accounts/anybody', undefined],
  ['POST', '/v1/journeys', { playbook: '002.trial', account: 'anybody' }],
  ['POST', `/v1/journeys/${journey}/commands`, { command: 'pause', reason: 'a test' }],
  ['POST', '/v1/journeys/commands', { filter: {}, command: { command: 'pause', reason: 'a test' } }],
  ['POST', '/v1/events', { events: [] }],
  ['POST', '/v1/holds', { account: 'anybody', reason: 'a test' }],
  ['POST', '/v1/stops', { scope: 'global', reason: 'a test' }],
  ['POST', '/v1/playbooks', { source: 'x' }],
  ['POST', '/v1/keys', { name: 'mine', scope: 'admin' }],
];
const reads = [
  '/v1/accounts',
  '/v1/journeys',
  '/v1/messages',
  '/v1/decisions',
  '/v1/tasks',
  '/v1/playbooks',
  '/v1/nothing',
];

describe('a key that is', () => {
  it.each([
    ['missing', null],
    ['unknown', 'nobody-ever-made-this-key'],
    ['too short', 'x'],
    ['SQL', "x'or'1'='1'--"],
  ])('%s reads, writes and learns nothing', async (_name, key) => {
    const before = await rig.contents();
    const all: [Parameters<typeof rig.refused>[0], string, unknown][] = [
      ...writes(),
      ...reads.map((url) => ['GET', url, undefined] as ['GET', string, undefined]),
    ];
    for (const [method, url, body] of all) {
      const answer = await rig.refused(method, url, body, { key });
      expect(answer, `${method} ${url}`).toMatchObject({ status: 401, code: 'unauthorized', pointers: [] });
    }
    expect(await rig.contents()).toBe(before);
  });

  it('a viewer’s reads and writes nothing', async () => {
    const key = await rig.newKey('viewer');
    const before = await rig.contents();
    for (const [method, url, body] of writes())
      expect(await rig.refused(method, url, body, { key }), `${method} ${url}`).toMatchObject({
        status: 403,
        code: 'forbidden',
      });
    expect(await rig.contents()).toBe(before);
    const view = await rig.app.inject({ url: `/v1/journeys/${journey}`, headers: { authorization: `Bearer ${key}` } });
    expect(view.statusCode).toBe(200);
  });

  it('a service’s starts and tells, and commands nobody', async () => {
    const key = await rig.newKey('service');
    const before = await rig.contents();
    const body = { command: 'exit', reason: 'a test' };
    expect(await rig.refused('POST', `/v1/journeys/${journey}/commands`, body, { key })).toMatchObject({ status: 403 });
    expect(await rig.refused('POST', '/v1/journeys/commands', { filter: {}, command: body }, { key })).toMatchObject({
      status: 403,
    });
    expect(await rig.refused('POST', '/v1/holds', { account: 'anybody', reason: 'x' }, { key })).toMatchObject({
      status: 403,
    });
    expect(await rig.contents()).toBe(before);
  });

  it('of CS staff commands, and neither writes accounts nor publishes nor makes keys', async () => {
    const key = await rig.newKey('cs');
    const before = await rig.contents();
    for (const [method, url, body] of [
      ['PUT', `/v1/accounts/${freshId()}`, anAccount()],
      ['POST', '/v1/playbooks', { source: 'x' }],
      ['POST', '/v1/keys', { name: 'mine', scope: 'admin' }],
      ['POST', '/v1/stops', { scope: 'global', reason: 'x' }],
    ] as const)
      expect(await rig.refused(method, url, body, { key }), url).toMatchObject({ status: 403 });
    expect(await rig.contents()).toBe(before);
  });

  it('revoked opens nothing more, at once', async () => {
    const { body } = await rig.call<{ id: string; key: string }>('POST', '/v1/keys', {
      name: 'short',
      scope: 'viewer',
    });
    const read = () => rig.app.inject({ url: '/v1/accounts', headers: { authorization: `Bearer ${body.key}` } });
    expect((await read()).statusCode).toBe(200);
    expect((await rig.call('DELETE', `/v1/keys/${body.id}`)).status).toBe(204);
    expect((await read()).statusCode).toBe(401);
  });
});
