import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { signUnsubscribe } from '../../../activities/unsubscribe-token.ts';
import { mailboxUrl } from '../../../api/mailbox-url.ts';
import { addressHash } from '../../../db/queries/contacts/address-hash.ts';
import { aTrial, apiFixture } from '../api-fixture.ts';
import { workingApi, eventually } from '../worker-fixture.ts';
import type { ApiFixture, Json } from '../api-fixture.ts';

let api: ApiFixture;
const secret = 'a-secret-of-the-tests-only';
beforeAll(async () => void (api = await apiFixture()));
afterAll(() => api.close());

describe('one-click unsubscribe', () => {
  const claim = async () => {
    const { account } = await aTrial(api);
    const contact = (await api.call('GET', `/v1/accounts/${account}`)).body.contacts[0];
    return {
      account,
      contact,
      token: signUnsubscribe({ contact: contact.id, channel: 'email', class: 'marketing' }, secret),
    };
  };
  const suppressed = async () =>
    (
      await api.database.db.execute(
        sql`select scope from suppressions where address_hash = ${addressHash('email', 'ada@acme.test', secret)}`,
      )
    ).length;

  test('a GET only asks; a POST of any form says no, without a key or a redirect, and twice is as once', async () => {
    const { account, contact, token } = await claim();
    const page = await api.call('GET', `/u/${token}`, { as: null });
    expect(page).toMatchObject({ status: 200 });
    expect(page.text).toContain('<form method="post"');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(await suppressed()).toBe(0);
    const forms = [
      { type: 'application/x-www-form-urlencoded', body: 'List-Unsubscribe=One-Click' },
      {
        type: 'multipart/form-data; boundary=x',
        body: '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
      },
    ];
    for (const { type, body } of forms)
      expect(
        await api.call('POST', `/u/${token}`, { as: null, body, headers: { 'content-type': type } }),
      ).toMatchObject({ status: 200 });
    expect(await api.call('POST', `/u/${token}`, { as: null })).toMatchObject({ status: 200 });
    expect(await suppressed()).toBe(1);
    const after = (await api.call('GET', `/v1/accounts/${account}`)).body.contacts[0];
    expect(after.consent.email).toMatchObject({ given: false, source: 'one-click' });
    expect(
      (await api.call('GET', `/v1/audit?target=account:${account}&action=contact.unsubscribe`)).body.items,
    ).toHaveLength(1);
    expect(contact.id).toBe(after.id);
    expect(JSON.stringify(api.logged)).not.toContain(token);
  });

  test('a forged link changes nothing', async () => {
    const { token } = await claim();
    for (const bad of [
      `${token}x`,
      'nonsense',
      signUnsubscribe({ contact: randomUUID(), channel: 'email', class: 'marketing' }, 'another secret of sixteen'),
    ])
      for (const method of ['GET', 'POST'] as const)
        expect((await api.call(method, `/u/${bad}`, { as: null })).status).toBe(404);
  });
});

describe('mailbox, messages and in-app', () => {
  test('show what was sent to who has the address or a key, and to nobody else', async () => {
    const working = await workingApi();
    try {
      const { account, journey } = await aTrial(working);
      const [message] = await eventually(async () => {
        const { items } = (await working.call('GET', `/v1/messages?account=${account}`, { as: 'viewer' })).body;
        return items.some((item: Json) => item.state === 'sent') && items;
      });
      expect(message).toMatchObject({
        channel: 'email',
        to: 'ada@acme.test',
        state: 'sent',
        journey,
        step: 'welcome-email',
        html: expect.any(String),
        text: expect.any(String),
        template: expect.any(String),
      });
      const base = new URL(mailboxUrl(working.deps.config)).pathname;
      const list = await working.call('GET', base, { as: null });
      expect(list.text).toContain(`${base}/${message.id}`);
      expect((await working.call('GET', `${base}/${message.id}`, { as: null })).text).toMatch(
        /<iframe\s+title="Mail"\s+sandbox=/,
      );
      const mail = await working.call('GET', `${base}/${message.id}/html`, { as: null });
      expect(mail.headers['content-security-policy']).toMatch(/^sandbox .*default-src 'none'/);
      expect((await working.call('GET', `/mailbox/${'x'.repeat(32)}`, { as: null })).status).toBe(404);
      expect(working.logged.join('')).not.toContain(base);

      const decided = (
        await working.call('GET', `/v1/decisions?account=${account}&from=2020-01-01T00:00:00Z`, { as: 'viewer' })
      ).body.items;
      expect(decided).toContainEqual(
        expect.objectContaining({ step: 'welcome-email', outcome: 'sent', words: expect.stringMatching(/\.$/) }),
      );
      await working.call('POST', `/v1/journeys/${journey}/commands`, {
        body: { command: 'run-now', step: 'first-conversation-tutorial', reason: 'x' },
      });
      const [inApp] = await eventually(async () => {
        const { items } = (await working.call('GET', `/v1/in-app?account=${account}`, { as: 'service' })).body;
        return items.length > 0 && items;
      });
      const seen = await working.call('POST', `/v1/in-app/${inApp.id}/acknowledge`, { as: 'service' });
      expect(seen.body.acknowledgedAt).toEqual(expect.any(String));
      expect(
        (await working.call('POST', `/v1/in-app/${inApp.id}/acknowledge`, { as: 'service' })).body.acknowledgedAt,
      ).toBe(seen.body.acknowledgedAt);
      expect((await working.call('GET', `/v1/in-app?account=${account}`)).body.items).toEqual([]);
      await eventually(async () =>
        expect((await working.call('GET', '/readyz', { as: null })).body).toMatchObject({ ready: true, worker: 'ok' }),
      );
    } finally {
      await working.close();
    }
  });
});
