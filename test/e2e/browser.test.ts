import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailboxUrl } from '../../api/mailbox-url.ts';
import { startApi } from '../../api/server.ts';
import type { RunningApi } from '../../api/server.ts';
import { projectRoot } from '../../temporal-config/root.ts';
import { startRig } from '../../workers/rehearse/rig.ts';
import type { Rig } from '../../workers/rehearse/rig.ts';
import { silentLog } from '../../workers/rehearse/rig.ts';
import { testGround } from '../support/ground.ts';

/** Where pictures of what the browser saw are left for people to look at. */
const PICTURES = join(projectRoot(), 'test-results', 'pictures');
const SECRET = 'a secret of the browser test';

let browser: Browser;
let rig: Rig;
let api: RunningApi;
let mailbox: string;
const loud: string[] = [];

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: findChromium(),
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  const ground = await testGround();
  rig = await startRig(ground, { settings: { secret: SECRET } });
  const config = {
    publicUrl: 'http://tenure.test',
    systemZone: 'UTC',
    secret: SECRET,
    taskQueue: rig.taskQueue,
    temporalUiUrl: 'http://temporal.test',
    namespace: ground.client.options.namespace,
  };
  api = await startApi({
    host: '127.0.0.1',
    port: 0,
    database: rig.database,
    client: rig.client,
    clock: Date.now,
    log: silentLog(),
    config,
  });
  mailbox = mailboxUrl({ publicUrl: api.url, secret: SECRET });
});
afterAll(async () => {
  await browser?.close();
  await api?.close();
  await rig?.stop();
});

function findChromium(): string {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome'])
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      // The next name.
    }
  throw new Error('The browser test needs Chromium on PATH: apt-get install chromium (.ci/run does it)');
}

/** A new page that notes whatever goes wrong in it. */
async function newPage(): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
  page.setDefaultTimeout(90_000);
  page.on('pageerror', (error) => loud.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && loud.push(`${page.url()}: ${message.text()}`));
  return page;
}

async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: name !== 'docs' });
}

const person = {
  role: 'primary',
  name: 'Maya Lindqvist',
  email: 'maya@lakeside.example',
  phone: '+12125550147',
  consent: { email: true, sms: true },
};

/** Starts a trial; answers when its welcome is in the mailbox. */
async function welcomed(account: string, more: object = {}): Promise<void> {
  await rig.call('PUT', `/v1/accounts/${account}`, {
    name: 'Lakeside Outfitters',
    plan: 'starter',
    timeZone: 'America/New_York',
    industry: 'retail',
    contacts: [{ ...person, ...more }],
  });
  await rig.call('POST', '/v1/journeys', { playbook: '002.trial', account });
  await expect.poll(async () => (await sent(account)).length).toBeGreaterThan(0);
}
const sent = async (account: string) =>
  (
    await rig.call<{ items: { subject: string; html: string; text: string }[] }>(
      'GET',
      `/v1/messages?account=${account}&channel=email&state=sent`,
    )
  ).body.items;

describe('in a browser', () => {
  it('the mailbox shows the welcome mail, and the mail as it was sent', async () => {
    const page = await newPage();
    await page.goto(mailbox);
    expect(await page.textContent('main')).toContain('Nothing has been sent yet');
    await welcomed('browser-mail');
    const { subject } = (await sent('browser-mail'))[0]!;

    await page.reload();
    await picture(page, 'mailbox');
    const row = page.locator('tr', { hasText: subject });
    expect(await row.textContent()).toContain(person.email);
    await row.getByRole('link').click();
    expect(await page.textContent('h1')).toBe(subject);
    const mail = page.frameLocator('iframe');
    expect((await mail.locator('h1').textContent())?.toLowerCase()).toContain('retail');
    expect(await mail.locator('body').evaluate('getComputedStyle(document.body).backgroundColor')).not.toBe(
      'rgba(0, 0, 0, 0)',
    );
    const frame = await page.locator('iframe').boundingBox();
    expect(frame!.height).toBeGreaterThan(400);
    await picture(page, 'mail');
    await page.getByRole('link', { name: 'Mailbox' }).click();
    await page.waitForURL(mailbox);
    await page.close();
  });

  it('the mailbox runs nothing that a name brings along', async () => {
    const name = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    await welcomed('browser-markup', { name });
    const page = await newPage();
    for (const url of [
      mailbox,
      `${mailbox}/${await newest('browser-markup')}`,
      `${mailbox}/${await newest('browser-markup')}/html`,
    ]) {
      await page.goto(url);
      expect(['1', '2']).not.toContain(await page.title());
    }
    await page.close();
  });

  it('a wrong address of the mailbox shows nothing', async () => {
    const page = await newPage();
    const answer = await page.goto(`${api.url}/mailbox/${'x'.repeat(32)}`);
    expect(answer!.status()).toBe(404);
    expect(await page.content()).not.toContain('Lakeside');
    loud.length = 0;
    await page.close();
  });

  it('the page to unsubscribe changes nothing until its button is pressed', async () => {
    await welcomed('browser-leaver');
    const link = await unsubscribeLink('browser-leaver');
    const before = await consents('browser-leaver');
    const page = await newPage();
    await page.goto(`${api.url}${link}`);
    await picture(page, 'unsubscribe');
    expect(await page.textContent('h1')).toBe('Unsubscribe');
    expect(await consents('browser-leaver')).toEqual(before);

    await page.getByRole('button', { name: 'Unsubscribe' }).click();
    await page.waitForSelector('h1:has-text("You are unsubscribed")');
    await picture(page, 'unsubscribed');
    expect(await consents('browser-leaver')).toEqual([...before, false]);
    await page.goto(`${api.url}${link.slice(0, -6)}`);
    expect(await page.textContent('h1')).toBe('This link is not valid');
    loud.length = 0;
    await page.close();
  });

  it('/docs shows the API, with its title and every group of routes', async () => {
    const page = await newPage();
    await page.goto(`${api.url}/docs`);
    await page.waitForSelector('.opblock-tag');
    expect(await page.textContent('.info .title')).toContain('Tenure');
    const tags = await page
      .locator('.opblock-tag')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-tag')));
    expect(tags).toEqual(expect.arrayContaining(['accounts', 'journeys', 'commands', 'events', 'playbooks']));
    await picture(page, 'docs');
    await page.close();
  });

  it('no page had an error', () => {
    expect(loud).toEqual([]);
  });
});

const newest = async (account: string) => {
  const { body } = await rig.call<{ items: { id: string }[] }>('GET', `/v1/messages?account=${account}`);
  return body.items[0]!.id;
};
/** Of the first marketing mail, which is sent now: the link in its text. */
const unsubscribeLink = async (account: string) => {
  await rig.call('POST', '/v1/events', { events: [{ id: `login-${account}`, type: 'user_logged_in', account }] });
  const { body } = await rig.call<{ items: { id: string }[] }>('GET', `/v1/journeys?account=${account}`);
  const command = { command: 'run-now', step: 'day3-checkin', reason: 'a test' };
  expect((await rig.call('POST', `/v1/journeys/${body.items[0]!.id}/commands`, command)).status).toBe(200);
  const link = async () =>
    (await sent(account)).map(({ text }) => /http:\/\/tenure\.test(\/u\/[\w.~-]+)/.exec(text)?.[1]).find(Boolean);
  await expect.poll(link).toBeDefined();
  return (await link())!;
};
const consents = async (account: string) => {
  const rows = await rig.database.sql<{ given: boolean }[]>`
    select given from consents c join contacts p on p.id = c.contact_id where p.account_id = ${account} and channel = 'email' order by recorded_at`;
  return rows.map(({ given }) => given);
};
