import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { asc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tellJourneys } from '../../../db/queries/deliveries/tell-journeys.ts';
import { deliveries, journeys } from '../../../db/schema/index.ts';
import { startDispatcher } from '../../../workers/dispatcher/start-dispatcher.ts';
import type { Happening } from '../../../workflows/contracts/journey.ts';
import { addAccount, addJourney, createWorld } from '../../activities/deliver/fixture.ts';
import type { World } from '../../activities/deliver/fixture.ts';
import { testClient, testTaskQueue } from '../../support/engine.ts';
import { eventually } from '../../support/eventually.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const event = (k: number): Happening => ({
  t: 'event',
  id: `e-${randomUUID()}`,
  type: 'ai_interaction',
  at: k,
  fields: {},
});

/** An engine that notes each signal, and fails as it is told. */
function fakeEngine(fail: (workflowId: string, call: number) => Error | undefined = () => undefined) {
  const told: { workflowId: string; happenings: Happening[] }[] = [];
  let calls = 0;
  const client = {
    told,
    withDeadline: (_at: number, work: () => unknown) => work(),
    workflow: {
      getHandle: (workflowId: string) => ({
        async signal(_signal: unknown, happenings: Happening[]) {
          await delay(2);
          const error = fail(workflowId, calls++);
          if (error) throw error;
          told.push({ workflowId, happenings });
        },
      }),
    },
  };
  return client as typeof client & Client;
}

const dispatch = (client: Client, more = {}) =>
  startDispatcher({ database: world.database, client, taskQueue: 'none', log, clock: Date.now, sweepMs: 50, ...more });

const until = (done: () => Promise<boolean>) => eventually('it has come to that', done);
const openRows = async (account: string) =>
  (await world.db.select().from(deliveries).where(eq(deliveries.accountId, account))).filter(
    (row) => row.deliveredAt === null,
  ).length;

async function tell(account: string, journeyId: string, n: number, notBefore?: Date): Promise<string[]> {
  const happenings = [...Array(n).keys()].map(event);
  const now = new Date();
  for (const happening of happenings)
    await world.db.transaction((tx) =>
      tellJourneys(tx, [{ accountId: account, journeyId, happening, ...(notBefore ? { notBefore } : {}) }], now),
    );
  return happenings.map((one) => one.id);
}

describe('the dispatcher', () => {
  it('tells what was stored while nobody ran, in order and in one signal a journey', async () => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    const ids = await tell(account.id, journey.id, 30);
    const engine = fakeEngine();
    const dispatcher = await dispatch(engine);
    await until(async () => (await openRows(account.id)) === 0);
    await dispatcher.stop();
    expect(engine.told).toHaveLength(1);
    expect(engine.told[0]!.workflowId).toBe(`trial:${account.id}`);
    expect(engine.told[0]!.happenings.map((one) => one.id)).toEqual(ids);
  });

  it('keeps the order of every account when two run at once, and tells nothing twice', async () => {
    const accounts = await Promise.all([...Array(6).keys()].map(() => addAccount(world)));
    const runs = await Promise.all(accounts.map((account) => addJourney(world, account.id)));
    const engine = fakeEngine();
    const two = await Promise.all([dispatch(engine), dispatch(engine)]);
    const ids = await Promise.all(accounts.map((account, k) => tell(account.id, runs[k]!.id, 25)));
    await until(async () => (await Promise.all(accounts.map((account) => openRows(account.id)))).every((n) => n === 0));
    await Promise.all(two.map((one) => one.stop()));
    for (const [k, account] of accounts.entries()) {
      const heard = engine.told
        .filter((one) => one.workflowId === `trial:${account.id}`)
        .flatMap((one) => one.happenings.map((h) => h.id));
      expect(heard).toEqual(ids[k]);
    }
  });

  it('loses nothing and keeps the order while the engine is down', async () => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    const engine = fakeEngine((_id, call) => (call < 3 ? new Error('unavailable') : undefined));
    const dispatcher = await dispatch(engine);
    const ids = await tell(account.id, journey.id, 5);
    await until(async () => (await openRows(account.id)) === 0);
    await dispatcher.stop();
    expect(engine.told.flatMap((one) => one.happenings.map((h) => h.id))).toEqual(ids);
  });

  it('tells nobody of an ended journey, or of one without a run, and notes it', async () => {
    const account = await addAccount(world);
    const ended = await addJourney(world, account.id);
    await world.db.update(journeys).set({ endedAt: new Date(), state: 'ended' }).where(eq(journeys.id, ended.id));
    const lost = await addJourney(world, account.id, { key: 'lost' });
    await tell(account.id, ended.id, 1);
    await tell(account.id, lost.id, 1);
    const engine = fakeEngine((id) => new WorkflowNotFoundError('not found', id, undefined));
    const dispatcher = await dispatch(engine);
    await until(async () => (await openRows(account.id)) === 0);
    await dispatcher.stop();
    const rows = await world.db
      .select()
      .from(deliveries)
      .where(eq(deliveries.accountId, account.id))
      .orderBy(asc(deliveries.seq));
    expect(rows.map((row) => row.note)).toEqual(['journey-ended', 'no-run']);
    expect(engine.told).toHaveLength(0);
  });

  it('waits for the time that a released hold was given', async () => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    const engine = fakeEngine();
    let now = Date.now();
    const dispatcher = await dispatch(engine, { clock: () => now });
    await tell(account.id, journey.id, 1, new Date(now + 600));
    await delay(250);
    expect(engine.told).toHaveLength(0);
    now += 600;
    await until(async () => engine.told.length === 1);
    await dispatcher.stop();
    expect(engine.told).toHaveLength(1);
  });

  it('starts the run of a journey whose starter died, then tells it what happened meanwhile', async () => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    await world.db
      .update(journeys)
      .set({ state: 'starting', startedAt: new Date(Date.now() - 10_000) })
      .where(eq(journeys.id, journey.id));
    const ids = await tell(account.id, journey.id, 2);
    const client = await testClient();
    const dispatcher = await dispatch(client, { taskQueue: testTaskQueue() });
    await until(async () => (await openRows(account.id)) === 0);
    await dispatcher.stop();
    const [row] = await world.db.select().from(journeys).where(eq(journeys.id, journey.id));
    expect(row).toMatchObject({ state: 'running' });
    const handle = client.workflow.getHandle(`trial:${account.id}`);
    const { events } = await handle.fetchHistory();
    const signals = events!.filter((one) => one.workflowExecutionSignaledEventAttributes);
    // An engine that takes a signal and cannot say so is told again.
    expect(signals).not.toHaveLength(0);
    for (const { workflowExecutionSignaledEventAttributes: signal } of signals) {
      const heard = JSON.parse(Buffer.from(signal!.input!.payloads![0]!.data!).toString());
      expect(heard.map((one: Happening) => one.id)).toEqual(ids);
    }
    await handle.terminate('end of the test');
  });
});
