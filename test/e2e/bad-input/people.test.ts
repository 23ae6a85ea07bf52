import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { anAccount, badInputRig } from './bad-input-rig.ts';
import type { BadInputRig } from './bad-input-rig.ts';

let rig: BadInputRig;
beforeAll(async () => {
  rig = await badInputRig();
});
afterAll(() => rig.stop());

type Decision = { step: string; outcome: string; reason: string | null; details: Record<string, unknown> };
const explained = async (journey: string, step: string) =>
  (await rig.call<{ items: Decision[] }>('GET', `/v1/journeys/${journey}/explain?step=${step}`)).body.items.filter(
    (item) => item.outcome !== 'due',
  );
const decided = (journey: string, step: string) =>
  eventually(`${step} is decided`, async () =>
    (await explained(journey, step)).find(({ outcome }) => ['sent', 'skipped', 'dropped', 'failed'].includes(outcome)),
  );
const messages = async (account: string) =>
  (
    await rig.call<{ items: { channel: string; to: string | null; state: string; text: string; html?: string }[] }>(
      'GET',
      `/v1/messages?account=${account}`,
    )
  ).body.items;
const state = async (journey: string) =>
  (await rig.call<{ state: string }>('GET', `/v1/journeys/${journey}`)).body.state;
const command = (journey: string, body: object) =>
  rig.call('POST', `/v1/journeys/${journey}/commands`, { reason: 'a test', ...body });

describe('a contact', () => {
  it.each<[string, object, string]>([
    ['who never agreed to SMS', { consent: { email: true } }, 'no-sms-consent'],
    ['who said no to SMS', { consent: { sms: false } }, 'no-sms-consent'],
    ['who agreed and has no number', { phone: undefined, consent: { sms: true } }, 'no-contact-with-phone'],
  ])('%s gets none, and staff see why', async (_name, more, reason) => {
    const account = await rig.newAccount({
      contacts: [{ role: 'primary', email: 'maya@lakeside.example', phone: '+12125550147', ...more }],
    });
    const journey = await rig.newTrial(account);
    expect((await command(journey, { command: 'run-now', step: 'setup-sms' })).status).toBe(200);
    expect(await decided(journey, 'setup-sms')).toMatchObject({ outcome: 'skipped', reason });
    expect((await messages(account)).filter(({ channel }) => channel === 'sms')).toEqual([]);
    expect(await state(journey)).toBe('running');
  });

  it('without an e-mail address is passed over with a reason that staff can see, and the journey goes on', async () => {
    const account = await rig.newAccount({
      contacts: [{ role: 'primary', phone: '+12125550147', consent: { sms: true } }],
    });
    const journey = await rig.newTrial(account);
    expect(await decided(journey, 'welcome-email')).toMatchObject({
      outcome: 'skipped',
      reason: 'no-contact-with-email',
    });
    const { body } = await rig.call<{ items: unknown[] }>('GET', `/v1/decisions?journey=${journey}&step=welcome-email`);
    expect(body.items).toMatchObject([{ outcome: 'skipped', reason: 'no-contact-with-email' }]);
    expect(await state(journey)).toBe('running');
    expect((await command(journey, { command: 'run-now', step: 'setup-sms' })).status).toBe(200);
    expect(await decided(journey, 'setup-sms')).toMatchObject({ outcome: 'sent' });
  });

  it('whose names are SQL and markup gets a mail in which they are text', async () => {
    const name = `<img src=x onerror=alert(1)> {{ 1234 | times: 3 }} '); drop table contacts;--`;
    const account = await rig.newAccount({
      name,
      industry: '<b>dentists</b>',
      contacts: [{ ...anAccount().contacts[0], name }],
    });
    const journey = await rig.newTrial(account);
    expect(await decided(journey, 'welcome-email')).toMatchObject({ outcome: 'sent' });
    const [mail] = await messages(account);
    expect(mail!.html).not.toMatch(/<img src=x|<b>dentists/);
    expect(mail!.html).toContain('&lt;b&gt;dentists');
    expect(mail!.text).toContain('<b>dentists</b>');
    expect(`${mail!.html}${mail!.text}`).not.toContain('3702');
  });
});

describe('an account erased in the middle of its journey', () => {
  const secrets = {
    company: 'Xanadu Glassworks',
    person: 'Quintilla Featherstonehaugh',
    email: 'quintilla@xanadu-glass.example',
    phone: '+12125550199',
    useCase: 'answering about kaleidoscopes',
    industry: 'kaleidoscopes',
    reason: 'Quintilla called and sounded unsure',
  };

  async function found(): Promise<string[]> {
    const tables = await rig.database.sql<
      { name: string }[]
    >`select table_name as name from information_schema.tables where table_schema = 'public'`;
    const words = Object.values(secrets).map((word) => word.toLowerCase());
    const hits: string[] = [];
    for (const { name } of tables) {
      const rows = await rig.database.sql<
        { text: string }[]
      >`select lower(row::text) as text from ${rig.database.sql(name)} row`;
      for (const { text } of rows)
        hits.push(...words.filter((word) => text.includes(word)).map((word) => `${name}: ${word}`));
    }
    return [...new Set(hits)].sort();
  }

  it('gets nothing more, its journey ends, and nothing personal is left in any table', async () => {
    const account = await rig.newAccount({
      ...{ name: secrets.company, industry: secrets.industry, facts: { use_case: secrets.useCase } },
      contacts: [
        {
          role: 'primary',
          name: secrets.person,
          email: secrets.email,
          phone: secrets.phone,
          consent: { email: { given: true, source: `${secrets.person} signed` }, sms: true },
        },
      ],
    });
    const journey = await rig.newTrial(account);
    await decided(journey, 'welcome-email');
    await rig.call(
      'POST',
      '/v1/events',
      {
        events: [
          { id: 'e-1', type: 'facts_recorded', account, data: { use_case: secrets.useCase } },
          { id: 'e-2', type: 'x.signup_form', account, data: { who: secrets.person } },
        ],
      },
      { 'idempotency-key': 'facts' },
    );
    await command(journey, { command: 'note', reason: secrets.reason });
    await command(journey, { command: 'pause', reason: secrets.reason });
    await command(journey, { command: 'skip', step: 'no-such-step', reason: secrets.reason });
    await command(journey, { command: 'resume', reason: secrets.reason });
    const hold = await rig.call<{ id: string }>(
      'POST',
      '/v1/holds',
      { account, reason: secrets.reason },
      { 'idempotency-key': 'hold' },
    );
    await rig.call('POST', `/v1/holds/${hold.body.id}/release`, { reason: secrets.reason });
    expect((await command(journey, { command: 'run-now', step: 'setup-sms' })).status).toBe(200);
    await decided(journey, 'setup-sms');
    expect(await found()).toEqual(
      expect.arrayContaining([`accounts: ${secrets.company.toLowerCase()}`, `contacts: ${secrets.phone}`]),
    );
    const sent = (await messages(account)).length;

    expect((await rig.call('DELETE', `/v1/accounts/${account}`)).status).toBe(204);
    expect(await found()).toEqual([]);
    expect((await rig.call('DELETE', `/v1/accounts/${account}`)).status).toBe(204);

    await eventually('it has ended', async () => (await state(journey)) === 'ended');
    expect(await messages(account)).toHaveLength(sent);
    expect(await found()).toEqual([]);
    expect(await rig.refused('GET', `/v1/accounts/${account}`)).toMatchObject({ status: 410, code: 'gone' });
    expect(await rig.refused('PUT', `/v1/accounts/${account}`, anAccount())).toMatchObject({
      status: 409,
      code: 'account-closed',
    });
    expect(await rig.refused('POST', '/v1/journeys', { playbook: '002.trial', account })).toMatchObject({
      status: 409,
      code: 'account-closed',
    });
    expect(
      await rig.refused('POST', '/v1/events', { events: [{ id: 'e-3', type: 'user_logged_in', account }] }),
    ).toMatchObject({ status: 409, code: 'account-closed' });
    expect(
      await rig.refused('POST', `/v1/journeys/${journey}/commands`, {
        command: 'run-now',
        step: 'day3-checkin',
        reason: 'a test',
      }),
    ).toMatchObject({ status: 409, code: 'journey-ended' });
  });
});
