import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimKey } from '../../../db/queries/idempotency/claim-key.ts';
import { badInputRig } from './bad-input-rig.ts';
import type { BadInputRig } from './bad-input-rig.ts';

const DAY = 86_400_000;
/** At once, or when it was repeated because the engine did not answer in time. */
const STARTED = [201, 200];
let rig: BadInputRig;
beforeAll(async () => {
  rig = await badInputRig({ withoutWorker: true });
});
afterAll(() => rig.stop());

const start = (body: unknown, key: string) =>
  rig.call<{ id: string }>('POST', '/v1/journeys', body, { 'idempotency-key': key });
const journeys = async (account: string) =>
  (await rig.call<{ items: unknown[] }>('GET', `/v1/journeys?account=${account}`)).body.items.length;

describe('an Idempotency-Key', () => {
  it('starts one journey, quoted or bare, and answers with it again', async () => {
    const body = { playbook: '002.trial', account: await rig.newAccount() };
    const key = randomUUID();
    const first = await start(body, `"${key}"`);
    expect(STARTED).toContain(first.status);
    const again = await start({ account: body.account, playbook: body.playbook }, key);
    expect(again).toEqual(first);
    expect(await journeys(body.account)).toBe(1);
  });

  it('starts one journey for ten requests at once: the others hear of it, or that it is being worked on', async () => {
    const body = { playbook: '002.trial', account: await rig.newAccount() };
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 10 }, () => start(body, key)));
    const done = answers.filter((answer) => STARTED.includes(answer.status));
    expect(done.length).toBeGreaterThan(0);
    expect(new Set(done.map((answer) => answer.body.id)).size).toBe(1);
    for (const answer of answers.filter((one) => !done.includes(one)))
      expect(answer).toMatchObject({ status: 409, body: { code: 'request-in-progress', retryable: true } });
    expect(await journeys(body.account)).toBe(1);
  });

  it('with another body is refused, and starts nothing', async () => {
    const body = { playbook: '002.trial', account: await rig.newAccount() };
    const other = { playbook: '002.trial', account: await rig.newAccount() };
    const key = randomUUID();
    await start(body, key);
    const answer = await rig.refused('POST', '/v1/journeys', other, { headers: { 'idempotency-key': key } });
    expect(answer).toMatchObject({ status: 422, code: 'id-reused' });
    expect(await journeys(other.account)).toBe(0);
  });

  it('on another route is another request', async () => {
    const account = await rig.newAccount();
    const key = randomUUID();
    await start({ playbook: '002.trial', account }, key);
    const answer = await rig.refused(
      'POST',
      '/v1/holds',
      { account, reason: 'a test' },
      { headers: { 'idempotency-key': key } },
    );
    expect(answer).toMatchObject({ status: 422, code: 'id-reused' });
  });

  it('being worked on by somebody else says so, and when to come back', async () => {
    const [owner] = await rig.database.sql<{ id: string }[]>`select id from api_keys limit 1`;
    const now = Date.now();
    const body = { playbook: '002.trial', account: await rig.newAccount() };
    const first = await start(body, 'known');
    const [row] = await rig.database.sql<
      { bodyHash: string }[]
    >`select body_hash as "bodyHash" from idempotency_keys where key = 'known'`;
    await claimKey(rig.database.db, {
      caller: owner!.id,
      key: 'busy',
      bodyHash: row!.bodyHash,
      now: new Date(now),
      lockedUntil: new Date(now + 30_000),
      expiresAt: new Date(now + DAY),
    });
    const answer = await rig.refused('POST', '/v1/journeys', body, { headers: { 'idempotency-key': 'busy' } });
    expect(answer).toMatchObject({
      status: 409,
      code: 'request-in-progress',
      problem: { retryable: true, retryAfter: 1 },
    });
    expect(STARTED).toContain(first.status);
  });

  it('gives the same journey for ever, also when its answer is kept no more', async () => {
    const account = await rig.newAccount();
    const first = await start({ playbook: '002.trial', account }, 'long-ago');
    await rig.database.sql`delete from idempotency_keys where key = 'long-ago'`;
    const again = await start({ playbook: '002.trial', account }, 'long-ago');
    expect(again).toMatchObject({ status: 200, body: { id: first.body.id } });
    await rig.database.sql`delete from idempotency_keys where key = 'long-ago'`;
    const other = await rig.newAccount();
    const answer = await rig.refused(
      'POST',
      '/v1/journeys',
      { playbook: '002.trial', account: other },
      { headers: { 'idempotency-key': 'long-ago' } },
    );
    expect(answer).toMatchObject({ status: 422, code: 'id-reused' });
    expect(await journeys(other)).toBe(0);
  });

  it('that cannot be one is refused before anything is done', async () => {
    const account = await rig.newAccount();
    for (const key of ['', '""', '"open', 'a b', 'x'.repeat(256), 'ä']) {
      const answer = await rig.refused(
        'POST',
        '/v1/journeys',
        { playbook: '002.trial', account },
        { headers: { 'idempotency-key': key } },
      );
      expect(answer, key).toMatchObject({ status: 400, code: 'idempotency-key-invalid' });
    }
    expect(await journeys(account)).toBe(0);
  });

  it('of a refused request may be used again for the right one', async () => {
    const account = await rig.newAccount();
    const key = randomUUID();
    expect((await start({ playbook: '002.trial', account, colour: 'red' }, key)).status).toBe(400);
    expect(STARTED).toContain((await start({ playbook: '002.trial', account }, key)).status);
  });
});
