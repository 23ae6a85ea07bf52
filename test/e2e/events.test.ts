import { afterEach, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { journeyStateQuery } from '../../workflows/messages.ts';
import { startDispatcher } from '../../workers/dispatcher/start-dispatcher.ts';
import { startRig } from '../../workers/rehearse/rig.ts';
import type { Rig } from '../../workers/rehearse/rig.ts';
import { testGround } from '../support/ground.ts';
import { atRest, messagesOf, putAccount, startTrial } from './trial-rig.ts';
import type { Started } from './trial-rig.ts';

const rigs: Rig[] = [];
afterEach(async () => void (await Promise.all(rigs.splice(0).map((rig) => rig.stop()))));
async function aRig(): Promise<Rig> {
  const rig = await startRig(await testGround());
  rigs.push(rig);
  return rig;
}

type EventBody = { id: string; type: string; account: string; at?: string; data?: Record<string, unknown> };
const send = (rig: Rig, events: EventBody[]) =>
  rig.call<{ accepted: number; duplicates: number }>('POST', '/v1/events', { events });
const event = (account: string, type: string, more: Partial<EventBody> = {}): EventBody => ({
  id: `e-${randomUUID()}`,
  type,
  account,
  ...more,
});
const stateOf = (rig: Rig, { temporal }: Pick<Started, 'temporal'>) =>
  rig.client.workflow.getHandle(temporal.workflowId).query(journeyStateQuery);
const openDeliveries = async (rig: Rig) =>
  (await rig.database.sql`select count(*)::int as n from deliveries where delivered_at is null`)[0]!.n as number;
const told = (rig: Rig) => expect.poll(() => openDeliveries(rig)).toBe(0);
/** What the run was told, by id; a signal whose answer was lost is told again, which the run knows by its ids. */
const signalled = async (rig: Rig, { temporal }: Pick<Started, 'temporal'>) => {
  const { events } = await rig.client.workflow.getHandle(temporal.workflowId).fetchHistory();
  const told = (events ?? []).flatMap((e) => {
    const payload = e.workflowExecutionSignaledEventAttributes?.input?.payloads?.[0]?.data;
    return payload ? [JSON.parse(Buffer.from(payload).toString('utf8')) as { id: string }[]] : [];
  });
  const signals = new Set(told.map((one) => JSON.stringify(one.map(({ id }) => id))));
  return [...signals].flatMap((one) => JSON.parse(one) as string[]);
};

describe('the event trial_signup_complete', () => {
  it('starts the trial once, counted from the time of the event, and its welcome leaves', async () => {
    const rig = await aRig();
    const account = await putAccount(rig);
    const at = new Date(Date.now() - 60_000).toISOString();
    const signUp = event(account, 'trial_signup_complete', { at });
    expect(await send(rig, [signUp])).toMatchObject({ status: 202, body: { accepted: 1, duplicates: 0 } });
    await expect
      .poll(async () => (await messagesOf(rig, account)).map((m) => [m.step, m.state]))
      .toContainEqual(['welcome-email', 'sent']);
    expect((await send(rig, [signUp])).body).toEqual({ accepted: 0, duplicates: 1 });
    await send(rig, [event(account, 'trial_signup_complete')]);
    const { body } = await rig.call<{ items: { id: string; playbook: string }[] }>(
      'GET',
      `/v1/journeys?account=${account}`,
    );
    expect(body.items.map((j) => j.playbook)).toEqual(['002.trial']);
    const [row] = await rig.database
      .sql`select (snapshot->>'startedAt')::bigint as started from journeys where account_id = ${account}`;
    expect(Number(row!.started)).toBe(Date.parse(at));
  });
});

describe('events of an open trial', () => {
  it('are taken 500 in one call, each reaching the run exactly once', async () => {
    const rig = await aRig();
    const account = await putAccount(rig);
    const trial = await startTrial(rig, account);
    const many = Array.from({ length: 500 }, () => event(account, 'ai_interaction'));
    expect((await send(rig, many)).body).toEqual({ accepted: 500, duplicates: 0 });
    expect((await send(rig, many)).body).toEqual({ accepted: 0, duplicates: 500 });
    await told(rig);
    await atRest(rig, trial.temporal.workflowId);
    expect(await signalled(rig, trial)).toEqual(many.map((e) => e.id));
    expect((await rig.call('POST', '/v1/events', { events: [...many, event(account, 'ai_interaction')] })).status).toBe(
      400,
    );
  });

  it('may come out of order and a year late, and nothing is lost', async () => {
    const rig = await aRig();
    const account = await putAccount(rig);
    const trial = await startTrial(rig, account);
    const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    const [later, earlier] = [
      event(account, 'user_logged_in', { at: ago(0) }),
      event(account, 'user_logged_in', { at: ago(1) }),
    ];
    const yearLate = event(account, 'setup_completed', { at: ago(365) });
    expect((await send(rig, [later, earlier, yearLate])).body).toEqual({ accepted: 3, duplicates: 0 });
    await told(rig);
    const { flags, seen } = await stateOf(rig, trial);
    expect(seen).toEqual(expect.arrayContaining([later.id, earlier.id, yearLate.id]));
    expect(Object.keys(flags)).toEqual(expect.arrayContaining(['loggedIn', 'setupCompleted']));
    expect(flags.setupCompleted).toBe(Date.parse(yearLate.at!));
    const { status, body } = await rig.call('GET', `/v1/journeys/${trial.id}`);
    expect([status, body]).toMatchObject([200, { state: 'running' }]);
  });

  it('reach each of two open journeys exactly once', async () => {
    const rig = await aRig();
    const account = await putAccount(rig);
    const [one, two] = [
      await startTrial(rig, account, { key: 'emea' }),
      await startTrial(rig, account, { key: 'apac' }),
    ];
    expect(one.id).not.toBe(two.id);
    const login = event(account, 'user_logged_in');
    await send(rig, [login]);
    await send(rig, [login]);
    await told(rig);
    expect([await signalled(rig, one), await signalled(rig, two)]).toEqual([[login.id], [login.id]]);
  });

  it('survive a dispatcher that is stopped in the middle: the next one tells the rest, and a repeat changes nothing', async () => {
    const rig = await aRig();
    await rig.worker.stop();
    const trials: { account: string; trial: Started }[] = [];
    for (let i = 0; i < 12; i++) {
      const account = await putAccount(rig);
      const { body } = await rig.call<Started>('POST', '/v1/journeys', { playbook: '002.trial', account });
      trials.push({ account, trial: body });
    }
    const many = trials.flatMap(({ account }) => Array.from({ length: 40 }, () => event(account, 'ai_interaction')));
    await send(rig, many);
    const { client, taskQueue, database } = rig;
    const start = () =>
      startDispatcher({
        database,
        client,
        taskQueue,
        log: { info: () => {}, warn: () => {}, error: () => {} },
        clock: Date.now,
      });
    const first = await start();
    await expect.poll(() => openDeliveries(rig), { interval: 1 }).toBeLessThan(many.length);
    await first.stop();
    const left = await openDeliveries(rig);
    const second = await start();
    await told(rig);
    await second.stop();
    expect(left).toBeLessThan(many.length);
    for (const { account, trial } of trials)
      expect(new Set(await signalled(rig, trial))).toEqual(
        new Set(many.filter((e) => e.account === account).map((e) => e.id)),
      );
  });
});
