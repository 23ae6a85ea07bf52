import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createEmbeddedPager } from '../../../activities/paging/embedded-pager.ts';
import type { PageNews, Pager, PagerAnswer } from '../../../activities/paging/pager.ts';
import { sendPages } from '../../../activities/paging/send-pages.ts';
import type { OutgoingMail, SendResult } from '../../../activities/ports.ts';
import { openDatabase } from '../../../db/database.ts';
import type { Database } from '../../../db/database.ts';
import { askPage } from '../../../db/queries/pages/ask-page.ts';
import { claimPage } from '../../../db/queries/pages/behind-pages.ts';
import { pages } from '../../../db/schema/index.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import type { TestDatabase } from '../../support/postgres.ts';

const START = Date.UTC(2026, 2, 2, 15, 0);
let scratch: TestDatabase;
let database: Database;
let time = START;
let told: string[];
let answers: PagerAnswer[];

beforeAll(async () => {
  scratch = await createTestDatabase();
  database = openDatabase(scratch.url, { max: 4 });
});
afterAll(async () => {
  await database.close();
  await scratch.drop();
});
beforeEach(async () => {
  await database.db.delete(pages);
  time = START;
  told = [];
  answers = [];
});

const say = (what: string) => async (news: PageNews) => {
  told.push(`${what} ${news.key}`);
  return answers.shift() ?? ({ is: 'taken' } as const);
};
const pager: Pager = { provider: 'test', page: say('page'), acknowledge: say('acknowledge'), resolve: say('resolve') };
const quiet = { warn: () => undefined, error: () => undefined };
const send = () => sendPages({ db: database.db, pager, clock: () => time, linkOf: () => 'https://x.test', log: quiet });
const ask = (key: string) =>
  database.db.transaction((tx) =>
    askPage(tx, { key, journeyId: null, role: 'on-call', severity: 'critical', title: 'Come', now: new Date(time) }),
  );
const rows = () => database.db.select().from(pages);

it('tells a page once however often it is asked for', async () => {
  expect([await ask('a'), await ask('a')]).toEqual([true, false]);
  expect([await send(), await send()]).toEqual([1, 0]);
  expect(told).toEqual(['page a']);
  expect(await rows()).toMatchObject([{ state: 'triggered', told: 'triggered', attempts: 1, error: null }]);
});

it('waits longer each time that the pager cannot be told, as long as it says, and loses nothing', async () => {
  await ask('a');
  answers = [
    { is: 'later', code: 'timed-out' },
    { is: 'later', code: 'status-503' },
    { is: 'later', code: 'rate-limited', afterMs: 60_000 },
  ];
  const at: number[] = [];
  for (let seconds = 0; seconds < 120 && told.length < 4; seconds++) {
    const before = told.length;
    await send();
    if (told.length > before) at.push(seconds);
    time += 1_000;
  }
  expect(at).toEqual([0, 5, 15, 75]);
  expect(await rows()).toMatchObject([{ told: 'triggered', attempts: 4 }]);
});

it('tries one page a round while the pager is silent, so that nothing else waits for all of them', async () => {
  for (const key of ['a', 'b', 'c']) await ask(key);
  answers = [{ is: 'later', code: 'timed-out' }];
  expect([await send(), told.length]).toEqual([0, 1]);
  expect([await send(), told.length]).toEqual([2, 3]);
  time += 5_000;
  expect([await send(), told.length]).toEqual([1, 4]);
});

it('asks nobody again for what is refused for good, and says so in the row', async () => {
  await ask('a');
  answers = [{ is: 'refused', code: 'invalid-event' }];
  await send();
  time += 3_600_000;
  expect(await send()).toBe(0);
  expect(told).toHaveLength(1);
  expect(await rows()).toMatchObject([{ error: 'invalid-event' }]);
});

it('mails what no journey asks for, such as an alert, and again when the mail did not leave', async () => {
  await ask('alert:1');
  const mails: OutgoingMail[] = [];
  const states: SendResult[] = [
    { state: 'refused', kind: 'temporary', code: 'unreachable' },
    { state: 'sent', providerId: 'p', receipt: 'r' },
  ];
  const send = (mail: OutgoingMail) => Promise.resolve((mails.push(mail), states.shift()!));
  const mailer = { provider: 'test', send, close: async () => undefined };
  const embedded = createEmbeddedPager({ database, mailer, from: 'tenure@x.test', to: 'team@x.test' });
  const all = { db: database.db, pager: embedded, clock: () => time, linkOf: () => 'https://x.test', log: quiet };
  expect(await sendPages(all)).toBe(0);
  time += 5_000;
  expect(await sendPages(all)).toBe(1);
  expect(mails).toMatchObject([{ to: 'team@x.test', subject: '[critical] Come' }, { messageId: mails[0]!.messageId }]);
});

it('leaves a page that another process has in its hands until its lease is over', async () => {
  await ask('a');
  await claimPage(database.db, { now: new Date(time), leaseUntil: new Date(time + 30_000) });
  expect(await send()).toBe(0);
  time += 30_000;
  expect(await send()).toBe(1);
});
