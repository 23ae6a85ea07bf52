import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composePorts } from '../../workers/ports.ts';
import type { OutgoingMail } from '../../activities/ports.ts';
import { settle } from '../../workers/rehearse/persona-driver.ts';
import { startRig } from '../../workers/rehearse/rig.ts';
import type { Rig } from '../../workers/rehearse/rig.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';
import { testGround } from '../support/ground.ts';
import { START } from './personas.ts';
import { explain, liveUntil, messagesOf, putAccount, startTrial } from './trial-rig.ts';
import type { Started } from './trial-rig.ts';

const start = Date.parse(START);
const mails: OutgoingMail[] = [];
let rig: Rig;
let shift: number;

beforeAll(async () => {
  const { mailer } = composePorts({});
  rig = await startRig(await testGround(), {
    ports: { mailer: { ...mailer, send: (mail, o) => (mails.push(mail), mailer.send(mail, o)) } },
  });
  shift = rig.shiftTo(start);
});
afterAll(() => rig.stop());

async function tellLogin(account: string, journey: Started): Promise<void> {
  const at = new Date(rig.now()).toISOString();
  await rig.call('POST', '/v1/events', { events: [{ id: `login-${account}`, type: 'user_logged_in', account, at }] });
  await settle(rig, journey.id);
}

/** A trial that has just had its marketing mail of day 3, and that mail's one-click link. */
async function afterMarketing(): Promise<{ account: string; journey: Started; link: string }> {
  rig.setNow(start);
  shift = rig.shiftTo(start);
  const account = await putAccount(rig);
  const journey = await startTrial(rig, account, { anchor: START });
  await tellLogin(account, journey);
  await liveUntil(rig, journey, start + 2 * DAY_MS + 1, shift);
  const marketing = () =>
    mails.findLast((one) => one.to === `${account}@example.com` && one.headers['List-Unsubscribe']);
  await expect.poll(marketing).toBeDefined();
  const mail = marketing();
  const link = new URL(/<(http[^>]+)>/.exec(mail!.headers['List-Unsubscribe']!)![1]!).pathname;
  return { account, journey, link };
}

const suppressed = async () => (await rig.database.sql`select count(*)::int as n from suppressions`)[0]!.n as number;
const oneClick = (link: string) =>
  rig.app.inject({
    method: 'POST',
    url: link,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'List-Unsubscribe=One-Click',
  });

describe('the link of a marketing mail', () => {
  it('shows a page to GET and takes no for an answer only from POST, at once and for all journeys', async () => {
    const { account, journey, link } = await afterMarketing();
    const before = await suppressed();
    const page = await rig.app.inject({ method: 'GET', url: link });
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')]);
    expect(page.body).toContain('<form method="post"');
    expect(await suppressed()).toBe(before);

    expect((await oneClick(link)).statusCode).toBe(200);
    expect(await suppressed()).toBe(before + 1);
    const known = await rig.call<{ contacts: { consent: Record<string, { given: boolean; source: string }> }[] }>(
      'GET',
      `/v1/accounts/${account}`,
    );
    expect(known.body.contacts[0]!.consent.email).toMatchObject({ given: false, source: 'one-click' });

    const again = await oneClick(link);
    expect(again.statusCode).toBe(200);
    expect(await suppressed()).toBe(before + 1);

    await liveUntil(rig, journey, start + 5 * DAY_MS + 1, shift);
    await expect
      .poll(async () => (await explain(rig, journey.id)).find((d) => d.step === 'day6-offer'))
      .toMatchObject({ outcome: 'skipped', reason: 'unsubscribed' });
  });

  it('holds for another account that writes to the same address', async () => {
    const { account, link } = await afterMarketing();
    await oneClick(link);
    shift = rig.shiftTo(start);
    const contacts = [{ role: 'primary', email: `${account.toUpperCase()}@example.com`, consent: { email: true } }];
    const other = await putAccount(rig, { contacts });
    const journey = await startTrial(rig, other, { anchor: START });
    await tellLogin(other, journey);
    await liveUntil(rig, journey, start + 2 * DAY_MS + 1, shift);
    await expect
      .poll(async () => (await explain(rig, journey.id)).find((d) => d.step === 'day3-checkin'))
      .toMatchObject({ reason: 'unsubscribed' });
    expect((await messagesOf(rig, other)).map((m) => m.step)).toContain('welcome-email');
  });

  it('is refused when it was forged, altered or cut off, and unsubscribes nobody', async () => {
    const { link } = await afterMarketing();
    const before = await suppressed();
    const token = link.split('/').at(-1)!;
    const flipped = `${token.slice(0, -4)}${token.at(-4) === 'A' ? 'B' : 'A'}${token.slice(-3)}`;
    for (const forged of [flipped, token.slice(0, -6), 'AAAA', `${token}A`]) {
      expect((await rig.app.inject({ method: 'GET', url: `/u/${forged}` })).statusCode).toBe(404);
      expect((await oneClick(`/u/${forged}`)).statusCode).toBe(404);
    }
    expect(await suppressed()).toBe(before);
  });
});

describe('the event `unsubscribed`', () => {
  it('says no for every contact of the account, on the e-mail channel unless it names another', async () => {
    rig.setNow(start);
    const contacts = [
      { role: 'primary', email: 'one@lakeside.example', phone: '+12125550101', consent: { email: true, sms: true } },
      { role: 'billing', email: 'two@lakeside.example', consent: { email: true } },
    ];
    const account = await putAccount(rig, { contacts });
    const said = async () => {
      const { body } = await rig.call<{ contacts: { consent: Record<string, { given: boolean }> }[] }>(
        'GET',
        `/v1/accounts/${account}`,
      );
      return body.contacts.map(({ consent }) => [consent.email?.given, consent.sms?.given]);
    };
    rig.setNow(start + 1_000);
    const before = await suppressed();
    const event = { id: `no-${account}`, type: 'unsubscribed', account };
    expect((await rig.call('POST', '/v1/events', { events: [event] })).body).toEqual({ accepted: 1, duplicates: 0 });
    expect(await said()).toEqual([
      [false, true],
      [false, undefined],
    ]);
    expect(await suppressed()).toBe(before + 2);
    expect((await rig.call('POST', '/v1/events', { events: [event] })).body).toEqual({ accepted: 0, duplicates: 1 });
    rig.setNow(start + 2_000);
    await rig.call('POST', '/v1/events', { events: [{ ...event, id: `sms-${account}`, data: { channel: 'sms' } }] });
    expect(await said()).toEqual([
      [false, false],
      [false, false],
    ]);
    expect(await suppressed()).toBe(before + 3);
  });

  it('refuses a channel that there is not', async () => {
    const account = await putAccount(rig);
    const { status } = await rig.call('POST', '/v1/events', {
      events: [{ id: `x-${account}`, type: 'unsubscribed', account, data: { channel: 'fax' } }],
    });
    expect(status).toBe(400);
  });
});
