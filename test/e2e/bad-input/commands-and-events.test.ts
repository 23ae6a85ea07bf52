import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { badInputRig } from './bad-input-rig.ts';
import type { BadInputRig } from './bad-input-rig.ts';

const DAY = 86_400_000;
const ago = (days: number) => new Date(Date.now() - days * DAY).toISOString();

let rig: BadInputRig;
beforeAll(async () => {
  rig = await badInputRig();
});
afterAll(() => rig.stop());

type View = {
  state: string;
  stage: string | null;
  outcome?: string;
  rev: number;
  forecast: { step: string; at: string }[];
};
type Entry = { at: string; kind: string; entry: Record<string, unknown> };

const url = (journey: string) => `/v1/journeys/${journey}/commands`;
const tell = (journey: string, body: Record<string, unknown>) =>
  rig.call<Record<string, unknown>>('POST', url(journey), { reason: 'a test', ...body });
const refusal = (journey: string, body: Record<string, unknown>) =>
  rig.refused('POST', url(journey), { reason: 'a test', ...body });
/** As staff see it; its revision may still move while a run writes what it has done. */
const view = async (journey: string) => {
  const { rev, ...shown } = (await rig.call<View>('GET', `/v1/journeys/${journey}`)).body;
  expect(rev).toBeGreaterThanOrEqual(0);
  return shown;
};
const send = (...events: Record<string, unknown>[]) =>
  rig.call<{ accepted: number; duplicates: number }>('POST', '/v1/events', { events });
const timeline = async (journey: string) =>
  (await rig.call<{ items: Entry[] }>('GET', `/v1/journeys/${journey}/timeline`)).body.items;
/** Its welcome has been sent: nothing is under way any more. */
const settled = async () => {
  const account = await rig.newAccount();
  const journey = await rig.newTrial(account);
  await eventually('it is welcomed', async () =>
    (await timeline(journey)).some(({ kind, entry }) => kind === 'message' && entry.state === 'sent'),
  );
  return { account, journey };
};
const audited = async (journey: string, action: string) =>
  (await rig.call<{ items: unknown[] }>('GET', `/v1/audit?target=journey:${journey}&action=${action}`)).body.items
    .length;

describe('a command that cannot be', () => {
  it.each<[string, Record<string, unknown>, string, string | null]>([
    ['a pause until yesterday', { command: 'pause', until: ago(1) }, 'date-in-past', 'pause'],
    ['a pause until 1900', { command: 'pause', until: '1900-01-01T00:00:00Z' }, 'date-in-past', 'pause'],
    ['a pause until 9999', { command: 'pause', until: '9999-12-31T00:00:00Z' }, 'date-too-far', 'pause'],
    ['a resume of what runs', { command: 'resume' }, 'not-paused', 'pause'],
    ['a skip of no step', { command: 'skip', step: 'day4' }, 'unknown-step', null],
    ['a skip of what is done', { command: 'skip', step: 'welcome-email' }, 'step-done', null],
    ['a run-now of what is done', { command: 'run-now', step: 'welcome-email' }, 'step-done', null],
    [
      'a postponement to 1900',
      { command: 'postpone', step: 'day3-checkin', to: '1900-01-01T00:00:00Z' },
      'date-in-past',
      'postpone',
    ],
    [
      'a postponement to 9999',
      { command: 'postpone', step: 'day3-checkin', to: '9999-12-31T00:00:00Z' },
      'past-stage-end',
      'postpone',
    ],
    [
      'a postponement past the end',
      { command: 'postpone', step: 'day3-checkin', to: new Date(Date.now() + 20 * DAY).toISOString() },
      'past-stage-end',
      'postpone',
    ],
    ['an extension by ten years', { command: 'extend', duration: 'P3650D' }, 'extension-too-long', 'extend'],
    ['an extension by nothing', { command: 'extend', duration: 'P0D' }, 'duration-not-positive', 'extend'],
    ['an extension by less than nothing', { command: 'extend', duration: '-P1D' }, 'duration-not-positive', 'extend'],
    ['an extension of no stage', { command: 'extend', duration: 'P1D', stage: 'nowhere' }, 'unknown-stage', 'extend'],
    ['a date moved to 1900', { command: 'move-date', date: '1900-01-01' }, 'date-in-past', 'move-date'],
    ['a date moved to 9999', { command: 'move-date', date: '9999-12-31' }, 'date-too-far', 'move-date'],
    ['an end before the start', { command: 'move-date', date: ago(30) }, 'date-in-past', 'move-date'],
    [
      'an anchor that is none',
      { command: 'move-date', date: '2030-01-01', anchor: 'wedding' },
      'unknown-anchor',
      'move-date',
    ],
    ['the plan that it has', { command: 'change-plan', plan: 'starter' }, 'same-value', null],
    ['a rev of yesterday', { command: 'note', ifRev: 0 }, 'changed-since-preview', 'note'],
  ])(
    '%s is refused, in a dry run and in earnest, and changes nothing of the journey',
    async (_name, body, code, nearest) => {
      const { journey } = await (shared ??= settled());
      const before = await view(journey);
      for (const dryRun of [true, false]) {
        const answer = await refusal(journey, { ...body, dryRun });
        expect(answer, JSON.stringify(answer.problem)).toMatchObject({ status: 409, code });
        expect(answer.problem.nearest?.command ?? null, JSON.stringify(answer.problem)).toBe(nearest);
      }
      expect(await view(journey)).toEqual(before);
    },
  );
  let shared: ReturnType<typeof settled> | undefined;

  it.each([
    ['a month, whose length nobody knows', { command: 'extend', duration: 'P1M' }],
    ['a length in words', { command: 'extend', duration: 'a week' }],
    ['30 February', { command: 'move-date', date: '2027-02-30' }],
  ])('%s is no length and no date', async (_name, body) => {
    const { journey } = await (shared ??= settled());
    const answer = await refusal(journey, body);
    expect([400, 422], JSON.stringify(answer.problem)).toContain(answer.status);
    expect(answer.pointers).toEqual([body.command === 'extend' ? '/duration' : '/date']);
  });

  it('the nearest command that it names is accepted', async () => {
    const { journey } = await settled();
    for (const body of [
      { command: 'extend', duration: 'P3650D' },
      { command: 'postpone', step: 'day3-checkin', to: '9999-12-31T00:00:00Z' },
      { command: 'pause', until: ago(1) },
      { command: 'pause' },
    ]) {
      const { problem } = await refusal(journey, body);
      const { status, body: answer } = await tell(journey, problem.nearest!);
      expect(status, JSON.stringify([problem.nearest, answer])).toBe(200);
    }
  });
});

describe('two commands', () => {
  it('pausing at once: one pauses, the other hears that it is', async () => {
    const { journey } = await settled();
    const answers = await Promise.all(['a', 'b'].map((id) => tell(journey, { command: 'pause', id })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)!.body).toMatchObject({
      code: 'already-paused',
      nearest: { command: 'resume' },
    });
    expect((await view(journey)).state).toBe('paused');
    expect(await audited(journey, 'journey.pause')).toBe(1);
    expect(await audited(journey, 'journey.pause.refused')).toBe(1);
  });

  it('of one id are one command, whether they come at once or later, and 422 with another body', async () => {
    const { journey } = await settled();
    const body = { command: 'extend', duration: 'P1D', id: 'once' };
    const [first, second] = await Promise.all([tell(journey, body), tell(journey, body)]);
    expect([first.status, second.status]).toEqual([200, 200]);
    const third = await tell(journey, body);
    expect(third.body.changes).toEqual(first.body.changes);
    expect(second.body.changes).toEqual(first.body.changes);
    expect(await audited(journey, 'journey.extend')).toBe(1);
    const end = await view(journey);
    expect(await refusal(journey, { ...body, duration: 'P2D' })).toMatchObject({ status: 422, code: 'id-reused' });
    expect(await refusal(journey, { command: 'exit', id: 'once' })).toMatchObject({ status: 422, code: 'id-reused' });
    expect(await view(journey)).toEqual(end);
  });

  it('of one id on two journeys are two commands', async () => {
    const one = await settled();
    const two = await settled();
    for (const { journey } of [one, two])
      expect((await tell(journey, { command: 'pause', id: 'same' })).status).toBe(200);
    expect((await view(two.journey)).state).toBe('paused');
  });
});

describe('events', () => {
  it('of one id are one event; with another payload they are refused, with all that came beside them', async () => {
    const { account, journey } = await settled();
    const event = { id: randomUUID(), type: 'user_logged_in', account, at: ago(0.001) };
    expect((await send(event, event)).body).toEqual({ accepted: 1, duplicates: 1 });
    expect((await send(event)).body).toEqual({ accepted: 0, duplicates: 1 });
    const beside = { id: randomUUID(), type: 'purchase', account };
    const before = (await timeline(journey)).length;
    for (const other of [
      { type: 'purchase' },
      { at: ago(1) },
      { account: await rig.newAccount() },
      { type: 'x.other', data: { a: 1 } },
    ]) {
      const answer = await rig.refused('POST', '/v1/events', { events: [beside, { ...event, ...other }] });
      expect(answer, JSON.stringify(answer.problem)).toMatchObject({ status: 422, code: 'id-reused' });
    }
    expect((await timeline(journey)).length).toBe(before);
    expect((await send(beside)).body).toEqual({ accepted: 1, duplicates: 0 });
    await eventually('it has ended', async () => (await view(journey)).state === 'ended');
  });

  it('that start a journey start one, sent twice and at once', async () => {
    const account = await rig.newAccount();
    const event = { id: randomUUID(), type: 'trial_signup_complete', account };
    const answers = await Promise.all([send(event), send(event), send({ ...event, id: randomUUID() })]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(answers.map(({ body }) => body.accepted).sort()).toEqual([0, 1, 1]);
    expect((await rig.call<{ items: unknown[] }>('GET', `/v1/journeys?account=${account}`)).body.items).toHaveLength(1);
  });

  it('a year late and out of order are kept with their own times, and the newest metric stands', async () => {
    const { account, journey } = await settled();
    const metric = (days: number, conversations: number) => ({
      id: randomUUID(),
      type: 'metrics_recorded',
      account,
      at: ago(days),
      data: { conversations },
    });
    const old = { id: randomUUID(), type: 'user_logged_in', account, at: ago(365) };
    expect((await send(metric(0.01, 30), metric(365, 2), metric(1, 9), old)).body).toEqual({
      accepted: 4,
      duplicates: 0,
    });
    const [row] = await rig.database.sql<
      { value: number }[]
    >`select value from metrics where account_id = ${account} order by at desc limit 1`;
    expect(Number(row!.value)).toBe(30);
    const [kept] = await rig.database.sql<{ at: Date | string }[]>`select at from events where id = ${old.id}`;
    expect(new Date(kept!.at).toISOString()).toBe(old.at);
    await eventually('the run is told', async () =>
      (await timeline(journey)).some(({ kind, entry }) => kind === 'event' && entry.id === old.id && entry.told),
    );
    expect(await view(journey)).toMatchObject({ state: 'running' });
  });

  it('after the end of a journey are kept and end nothing twice', async () => {
    const { account, journey } = await settled();
    await send({ id: randomUUID(), type: 'purchase', account });
    const recorded = () => rig.call<{ items: unknown[] }>('GET', `/v1/journeys?account=${account}&state=ended`);
    await eventually('it has ended', async () => (await recorded()).body.items.length === 1);
    const ended = await view(journey);
    expect(
      (
        await send(
          { id: randomUUID(), type: 'account_deleted', account },
          { id: randomUUID(), type: 'purchase', account },
        )
      ).body.accepted,
    ).toBe(2);
    expect(await view(journey)).toEqual(ended);
    expect(await rig.refused('POST', '/v1/journeys', { playbook: '002.trial', account })).toMatchObject({
      status: 409,
      code: 'reentry-refused',
    });
  });

  it('in the wrong order, a login before the sign-up, still open the gate of day 3', async () => {
    const account = await rig.newAccount();
    expect((await send({ id: randomUUID(), type: 'user_logged_in', account, at: ago(1) })).status).toBe(202);
    const journey = await rig.newTrial(account);
    expect((await view(journey)).state).toBe('running');
    expect((await send({ id: randomUUID(), type: 'trial_signup_complete', account, at: ago(2) })).status).toBe(202);
    expect(
      (await rig.call<{ items: { id: string }[] }>('GET', `/v1/journeys?account=${account}`)).body.items.map(
        ({ id }) => id,
      ),
    ).toEqual([journey]);
  });
});
