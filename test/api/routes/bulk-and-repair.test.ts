import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createBulkActivities } from '../../../activities/bulk/create-bulk-activities.ts';
import { createHousekeepingActivities } from '../../../activities/housekeeping/create-housekeeping-activities.ts';
import { openRun } from '../../../api/journeys/open-run.ts';
import { rehydrateJourney } from '../../../api/journeys/rehydrate-journey.ts';
import { createBulk } from '../../../db/queries/bulk/create-bulk.ts';
import { readJourney } from '../../../db/queries/journeys/read-journey.ts';
import { bulkCommandId } from '../../../workflows/contracts/bulk.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import { aTrial } from '../api-fixture.ts';
import type { Json } from '../api-fixture.ts';
import { eventually, workingApi } from '../worker-fixture.ts';
import type { WorkingApi } from '../worker-fixture.ts';

let api: WorkingApi;
beforeAll(async () => void (api = await workingApi()));
afterAll(() => api.close());

const bulk = (body: Record<string, unknown>, as: 'cs' | 'viewer' = 'cs') =>
  api.call('POST', '/v1/journeys/commands', { as, body });

describe('bulk commands', () => {
  test('preview, then apply to a frozen selection, with a result for each', async () => {
    const trials = [await aTrial(api), await aTrial(api), await aTrial(api)];
    const ids = trials.map((trial) => trial.journey);
    await api.call('POST', `/v1/journeys/${ids[0]}/commands`, { body: { command: 'pause', reason: 'x' } });
    const command = { command: 'pause', reason: 'a bulk test' };
    const dry = await bulk({ filter: { ids }, command, dryRun: true });
    expect(dry.body).toMatchObject({
      dryRun: true,
      total: 3,
      previewed: 3,
      accepted: 2,
      refused: { 'already-paused': 1 },
    });

    const started = await bulk({ filter: { ids }, command });
    expect(started).toMatchObject({ status: 202, body: { total: 3 } });
    const result = await eventually(async () => {
      await api.settle();
      const { body } = await api.call('GET', `/v1/journeys/commands/${started.body.id}`, { as: 'viewer' });
      return body.bulk.state === 'done' && body.counts.unknown === 0 && body;
    });
    expect(result.counts).toEqual({ applied: 2, refused: 1, unknown: 0, pending: 0 });
    expect(result.items.find((item: Json) => item.journey === ids[0])).toMatchObject({
      outcome: 'refused',
      code: 'already-paused',
    });
    for (const id of ids) expect((await api.call('GET', `/v1/journeys/${id}`)).body.state).toBe('paused');
    const audit = await api.call('GET', `/v1/audit?target=bulk:${started.body.id}`);
    expect(audit.body.items).toMatchObject([
      { action: 'bulk.pause', actor: 'cs:test cs', reason: 'a bulk test', details: { total: 3 } },
    ]);
  });

  test('an Idempotency-Key starts one, a wrong body and a wrong scope none', async () => {
    const { journey } = await aTrial(api);
    const headers = { 'idempotency-key': randomUUID() };
    const body = { filter: { ids: [journey] }, command: { command: 'note', reason: 'x' } };
    const [first, again] = [
      await api.call('POST', '/v1/journeys/commands', { body, headers }),
      await api.call('POST', '/v1/journeys/commands', { body, headers }),
    ];
    expect(again.body.id).toBe(first.body.id);
    expect(
      (await bulk({ filter: { colour: 'red' }, command: { command: 'note', reason: 'x' } })).body.errors,
    ).toMatchObject([{ pointer: '/filter/colour' }]);
    expect((await bulk({ filter: {}, command: { command: 'note', reason: 'x', id: 'a' } })).body.errors).toMatchObject([
      { pointer: '/command/id' },
    ]);
    expect((await bulk(body, 'viewer')).status).toBe(403);
    expect((await api.call('GET', `/v1/journeys/commands/${randomUUID()}`)).body.code).toBe('unknown-item');
  });
});

describe('a page of a bulk command', () => {
  test('is tried again for what had no turn, and counts what nobody knew then as it stands now', async () => {
    const ids = [(await aTrial(api)).journey, (await aTrial(api)).journey];
    const [id, body] = [randomUUID(), { command: 'note' as const, reason: 'x' }];
    const bulk = { id, filter: { ids }, filterBody: { ids }, body, actor: 'cs:test', now: new Date(), most: 10 };
    await api.database.db.transaction((tx) => createBulk(tx, bulk));
    const tried = new Set<string>();
    const issue = ({ journeyId }: { journeyId: string }) => {
      if (journeyId === ids[0]) return Promise.reject(new TenureError('outcome-unknown', 'Nobody knows.'));
      if (tried.has(journeyId)) return Promise.resolve();
      tried.add(journeyId);
      return Promise.reject(new TenureError('too-many-commands', 'Repeat in a second.'));
    };
    const { runBulkPage } = createBulkActivities({ database: api.database, clock: Date.now, issue });
    const run = () => new MockActivityEnvironment().run(runBulkPage, { bulkId: id, from: 0 });
    const seen = async () => (await api.call('GET', `/v1/journeys/commands/${id}`)).body;
    await expect(run()).rejects.toMatchObject({ code: 'too-many-commands' });
    expect(await run()).toEqual({ next: null });
    expect((await seen()).counts).toEqual({ applied: 1, refused: 0, unknown: 1, pending: 0 });
    const known = { ...body, id: bulkCommandId(id) };
    expect((await api.call('POST', `/v1/journeys/${ids[0]}/commands`, { body: known })).status).toBe(200);
    const { counts, items } = await seen();
    expect(counts).toEqual({ applied: 2, refused: 0, unknown: 0, pending: 0 });
    expect(items.map((one: Json) => [one.outcome, one.code])).toEqual(Array(2).fill(['applied', null]));
  });
});

describe('rehydration', () => {
  const deps = () => ({
    db: api.database.db,
    client: api.deps.client,
    taskQueue: api.taskQueue,
    clock: Date.now,
    actor: 'operator:test',
    reason: 'a test',
  });

  test('starts an open journey anew under its id and lock, paused as it was, and it takes commands', async () => {
    const { journey, account } = await aTrial(api);
    await api.call('POST', `/v1/journeys/${journey}/commands`, { body: { command: 'pause', reason: 'x', id: 'p' } });
    const before = await readJourney(api.database.db, journey);
    const done = await rehydrateJourney(deps(), journey);
    expect(done).toMatchObject({ is: 'restarted', terminated: true });
    const after = (await api.call('GET', `/v1/journeys/${journey}`)).body;
    expect(after).toMatchObject({ id: journey, account, state: 'paused', temporal: { workflowId: before!.lock } });
    expect(after.temporal.runId).not.toBe(before!.runId);
    const resumed = await api.call('POST', `/v1/journeys/${journey}/commands`, {
      body: { command: 'resume', reason: 'x' },
    });
    expect(resumed.body, resumed.text).toMatchObject({ accepted: true, state: 'running' });
    const again = await api.call('POST', `/v1/journeys/${journey}/commands`, {
      body: { command: 'pause', reason: 'x', id: 'p' },
    });
    expect(again.status).toBe(200);
    expect((await api.call('GET', `/v1/journeys/${journey}`)).body.state).toBe('running');
    expect(
      (await api.call('GET', `/v1/audit?target=journey:${journey}&action=journey.rehydrate`)).body.items,
    ).toHaveLength(1);
  });

  test('sends nothing twice that was sent, and leaves an ended journey alone', async () => {
    const { journey } = await aTrial(api);
    await eventually(
      async () => (await api.call('GET', `/v1/messages?journey=${journey}&state=sent`)).body.items.length > 0,
    );
    await rehydrateJourney(deps(), journey);
    await api.call('POST', `/v1/journeys/${journey}/commands`, { body: { command: 'note', reason: 'x' } });
    expect((await api.call('GET', `/v1/messages?journey=${journey}`)).body.items).toHaveLength(1);
    await api.call('POST', `/v1/journeys/${journey}/commands`, { body: { command: 'exit', reason: 'x' } });
    await eventually(async () => (await readJourney(api.database.db, journey))!.endedAt);
    expect(await rehydrateJourney(deps(), journey)).toEqual({ id: journey, is: 'ended' });
    await expect(rehydrateJourney(deps(), randomUUID())).rejects.toMatchObject({ code: 'unknown-journey' });
  });
});

describe('housekeeping', () => {
  test('ends holds and stops whose time is over and forgets old keys', async () => {
    const { account } = await aTrial(api);
    const soon = new Date(Date.now() + 400).toISOString();
    const hold = await api.call('POST', '/v1/holds', { as: 'cs', body: { account, reason: 'x', until: soon } });
    expect(hold.status, hold.text).toBe(201);
    await api.call('POST', '/v1/stops', {
      body: { scope: 'channel', target: 'sms', reason: 'x', until: new Date(Date.now() + 400).toISOString() },
    });
    await api.database.db.execute(
      sql`insert into idempotency_keys (caller, key, body_hash, locked_until, created_at, expires_at) values ('c', 'k', 'h', now(), now(), now() - interval '1 day')`,
    );
    const house = createHousekeepingActivities({
      database: api.database,
      clock: () => Date.now() + 60_000,
      log: api.deps.log,
      isAlive: () => Promise.resolve(true),
    });
    expect(await house.keepHouse()).toMatchObject({ holds: 1, stops: 1, tasks: 0 });
    expect((await api.call('GET', `/v1/holds?account=${account}`)).body.items).toEqual([]);
    expect(await house.keepHouse()).toMatchObject({ holds: 0, stops: 0, keys: 0 });
  });

  test('puts a journey whose run is gone before staff, once, and begins none by itself; one that is only late is left alone', async () => {
    const [gone, late] = [await aTrial(api), await aTrial(api)];
    const rowOf = async (id: string) => (await readJourney(api.database.db, id))!;
    for (const { journey } of [gone, late]) {
      // The first of its steps have been written.
      await eventually(async () => Number((await rowOf(journey)).nextAt) > Date.now() + 60_000);
      await api.database.db.execute(
        sql`update journeys set next_at = next_at - interval '90 days' where id = ${journey}`,
      );
    }
    const { lock } = await rowOf(gone.journey);
    await api.deps.client.workflow.getHandle(lock).terminate('by hand');
    const isAlive = async (journey: { id: string; lock: string }) =>
      (await openRun(api.deps.client, journey)) !== undefined;
    const { database, deps: given } = api;
    const house = createHousekeepingActivities({ database, clock: Date.now, log: given.log, isAlive });
    expect([(await house.keepHouse()).lost, (await house.keepHouse()).lost]).toEqual([1, 0]);
    const tasksOf = async (journey: string) =>
      (await api.call('GET', `/v1/tasks?journey=${journey}&state=open`)).body.items as Json[];
    const [task] = (await tasksOf(gone.journey)).filter((one) => /its run is gone/.test(String(one.title)));
    expect(task).toMatchObject({ ownerRole: 'operations' });
    expect(task!.instructions).toContain(`npm run rehydrate -- ${gone.journey}`);
    expect((await tasksOf(late.journey)).filter((one) => /its run is gone/.test(String(one.title)))).toEqual([]);
    expect(await openRun(api.deps.client, { id: gone.journey, lock })).toBeUndefined();
  });
});
