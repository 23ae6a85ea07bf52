import { randomUUID } from 'node:crypto';
import { asc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decisions, journeys, messages } from '../../../db/schema/index.ts';
import { DAY_MS } from '../../../workflows/contracts/time.ts';
import { testGround } from '../../support/ground.ts';
import { beginStory } from './story.ts';
import type { Story } from './story.ts';

const at = (iso: string) => Date.parse(iso);
const HOUR = 3_600_000;
/** Monday, 10:00 in New York. */
const SIGN_UP = at('2026-03-02T15:00:00Z');
const RENEWAL = '2027-03-10';
const MIDNIGHT = at('2027-03-10T05:00:00Z');

type Items<T> = { items: T[] };
type Task = { id: string; step: string | null; journey: string | null; state: string; kind: string };
type Journey = { id: string; playbook: string; outcome: string | null };

let story: Story;
beforeAll(async () => {
  story = await beginStory(await testGround(), `lakeside-${randomUUID().slice(0, 8)}`, SIGN_UP);
  await live();
}, 600_000);
afterAll(() => story.stop());

const call = async <T>(method: 'GET' | 'PUT' | 'POST', url: string, body?: unknown): Promise<T> => {
  const answer = await story.rig.call<T>(method, url, body);
  if (answer.status >= 300) throw new Error(`${method} ${url}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
};
const openTask = async (step: string): Promise<Task> => {
  const { items } = await call<Items<Task>>('GET', `/v1/tasks?account=${story.account}&state=open&limit=100`);
  const task = items.find((one) => one.step === step);
  if (!task) throw new Error(`no open task ${step}: ${items.map((one) => one.step).join(', ')}`);
  return task;
};
const score = (value: number) =>
  call('POST', `/v1/accounts/${story.account}/scores`, { model: '002.health.score', score: value });

/** Two years of one account, from sign-up to its second renewal. */
async function live(): Promise<void> {
  const contacts = [
    { role: 'primary', name: 'Maya Lindqvist', email: 'maya@lakeside.example', consent: { email: true } },
    { role: 'billing', name: 'Ole Brandt', email: 'ole@lakeside.example', consent: { email: true } },
  ];
  await call('PUT', `/v1/accounts/${story.account}`, {
    ...{ name: 'Lakeside Outfitters', plan: 'trial', timeZone: 'America/New_York', industry: 'retail', contacts },
  });
  await call('POST', '/v1/journeys', { playbook: '002.trial', account: story.account });
  await story.at(SIGN_UP + HOUR, () => story.event('user_logged_in'));
  const bought = SIGN_UP + 8 * DAY_MS;
  await story.at(bought, async () => {
    await story.event('facts_recorded', { renewal_date: RENEWAL, auto_renew: true, renewal_term: 'P1Y' });
    await story.event('subscription.started', { plan: 'starter' });
  });
  await story.at(bought + 2 * DAY_MS, () => story.event('profile_completed'));
  await story.at(bought + 5 * DAY_MS, () => story.event('integration_connected'));
  await story.at(bought + 20 * DAY_MS, () => story.event('conversation_solved'));
  await theSave(at('2026-08-03T14:00:00Z'));
  await theIncident();
  await story.until(at('2028-04-01T12:00:00Z'));
}

async function theSave(falls: number): Promise<void> {
  await story.at(falls, () => score(35));
  await story.at(falls + 3 * HOUR, async () =>
    call('POST', `/v1/tasks/${(await openTask('usage-analysis')).id}/complete`, { outcome: 'completed' }),
  );
  await story.at(falls + 22 * HOUR, async () =>
    call('POST', `/v1/tasks/${(await openTask('customer-success-call')).id}/complete`, { outcome: 'held' }),
  );
  await story.at(falls + 40 * HOUR, async () =>
    call('POST', `/v1/tasks/${(await openTask('value-plan')).id}/complete`, { outcome: 'completed' }),
  );
  const better = falls + 20 * DAY_MS;
  await story.at(better, () => score(82));
  await story.at(better + 7 * DAY_MS + HOUR, () => call('POST', '/v1/health/sweep', { account: story.account }));
}

/** Open from half an hour before the decision is asked for, 14 days before the renewal, until the afternoon. */
async function theIncident(): Promise<void> {
  await story.at(MIDNIGHT - 62 * DAY_MS, () =>
    call('POST', '/v1/journeys', { playbook: '001.renewal-reminders', account: story.account }),
  );
  const day14 = at('2027-02-24T14:30:00Z');
  let incident = '';
  await story.at(day14, async () => {
    const body = {
      title: 'Messages are delayed',
      severity: 'SEV-1',
      affected: { accounts: [story.account] },
      message: 'We are looking into it.',
    };
    incident = (await call<{ id: string }>('POST', '/v1/incidents', body)).id;
  });
  const tell = (hours: number, body: object) =>
    story.at(day14 + hours * HOUR, () => call('POST', `/v1/incidents/${incident}/commands`, body));
  await tell(0.1, { command: 'acknowledge', reason: 'on it' });
  await tell(1, { command: 'update', status: 'Identified', message: 'We know why.', reason: 'found' });
  await tell(3, { command: 'update', status: 'Monitoring', message: 'It is mended; we watch.', reason: 'mended' });
  await tell(5, { command: 'resolve', message: 'All is well.', verified: true, reason: 'verified' });
}

const journeysOf = () =>
  call<Items<Journey>>('GET', `/v1/journeys?account=${story.account}&limit=100`).then(({ items }) => items);

type Decision = {
  journey: string;
  step: string;
  n: number;
  outcome: string;
  words: string;
  details: { history: { outcome: string }[] };
};

/** All that was decided about the account, notices of incidents included. */
async function everyDecision(): Promise<Decision[]> {
  const all: Decision[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Items<Decision> & { nextCursor: string | null } = await call(
      'GET',
      `/v1/decisions?account=${story.account}&limit=100${cursor ? `&cursor=${cursor}` : ''}`,
    );
    all.push(...page.items);
    cursor = page.nextCursor;
  }
  return all;
}

describe('two years of one account', () => {
  it('go from the trial over onboarding, a save and an incident to two renewals, each journey opened by the one before', async () => {
    const rows = await story.rig.database.db
      .select()
      .from(journeys)
      .where(eq(journeys.accountId, story.account))
      .orderBy(asc(journeys.startedAt), asc(journeys.playbook));
    expect(rows.map((row) => `${row.playbook} ${row.outcome ?? 'open'}`)).toEqual([
      '002.trial converted',
      '002.onboarding.milestones closed-open',
      '002.onboarding.starter completed',
      '002.churn.high-risk saved',
      '001.renewal-reminders renewed',
      '001.renewal-reminders renewed',
      '001.renewal-reminders open',
    ]);
    const account = await call<{ facts: Record<string, unknown>; plan: string }>(
      'GET',
      `/v1/accounts/${story.account}`,
    );
    expect(account).toMatchObject({ plan: 'starter', facts: { renewal_date: '2029-03-10' } });
  });

  it('have every send explained by a decision, and every decision by a sentence', async () => {
    const sent = await story.rig.database.db.select().from(messages).where(eq(messages.accountId, story.account));
    const told = await everyDecision();
    const key = (row: { journey: string; step: string; n: number }) => `${row.journey}/${row.step}/${row.n}`;
    const outcomes = new Map(
      told.map((row) => [key(row), [row.outcome, ...row.details.history.map((word) => word.outcome)]]),
    );
    for (const { journeyId, step, n, state } of sent)
      if (state === 'sent') expect(outcomes.get(key({ journey: journeyId, step, n })) ?? [], step).toContain('sent');
    for (const { step, words } of told) expect(words, step).toMatch(/\w/);
    for (const journey of await journeysOf()) {
      const { items } = await call<Items<{ step: string; outcome: string | null; words: string | null }>>(
        'GET',
        `/v1/journeys/${journey.id}/explain`,
      );
      expect(items.length).toBeGreaterThan(0);
      for (const item of items)
        if (item.outcome !== null) expect(item.words, `${journey.playbook} ${item.step}`).toMatch(/\w/);
    }
  });

  it('say nothing twice', async () => {
    const sent = await story.rig.database.db.select().from(messages).where(eq(messages.accountId, story.account));
    const keys = sent.map((row) => `${row.journeyId}/${row.step}/${row.n}/${row.contactId}/${row.channel}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(sent.map((row) => row.messageId)).size).toBe(sent.length);
  });

  it('have the notice that the law asks for inside its window each year, to both contacts', async () => {
    const legal = (
      await story.rig.database.db.select().from(messages).where(eq(messages.accountId, story.account))
    ).filter((row) => row.class === 'legal');
    const daysBefore = legal.map((row) => {
      const renewal = row.sentAt!.getTime() < MIDNIGHT ? MIDNIGHT : at('2028-03-10T05:00:00Z');
      return (renewal - row.sentAt!.getTime()) / DAY_MS;
    });
    expect(daysBefore).toHaveLength(4);
    for (const days of daysBefore) expect(days).toSatisfy((n: number) => n > 15 && n < 45);
  });

  it('keep the reminder that fell into the incident until it was over, and say so', async () => {
    const rows = await story.rig.database.db.select().from(decisions).where(eq(decisions.accountId, story.account));
    const [first] = rows
      .filter((row) => row.step === 'decision-request')
      .sort((a, b) => a.at.getTime() - b.at.getTime());
    expect(first!.history.map((word) => `${word.outcome} ${word.reason}`)).toEqual([
      'held outranked',
      expect.stringMatching(/^sent /),
    ]);
    expect(first!.at.getTime()).toBeGreaterThanOrEqual(at('2027-02-24T19:30:00Z'));
  });
});
