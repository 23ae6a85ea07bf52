import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineScheduleId, ensureSchedules, scheduleTable } from '../../../temporal-config/schedules.ts';
import { testWorker } from '../../support/engine.ts';
import { eventually } from '../../support/eventually.ts';
import { apiFixture, deadClient } from '../api-fixture.ts';
import type { ApiFixture } from '../api-fixture.ts';

const HOUR = 3_600_000;
const house = '/v1/schedules/tenure-housekeeping';
const queue = `schedules-${randomUUID().slice(0, 8)}`;
let api: ApiFixture;
let stopWorker: () => Promise<void>;
/** Runs of housekeeping wait here until they are let go. */
let open = () => {};
let gate = Promise.resolve();

beforeAll(async () => {
  api = await apiFixture({ config: { taskQueue: queue }, publish: false });
  const worker = await testWorker({ taskQueue: queue, activities: { keepHouse: async () => void (await gate) } });
  const running = worker.run();
  stopWorker = async () => {
    worker.shutdown();
    await running;
  };
  await ensureSchedules(api.deps.client, queue);
});

afterAll(async () => {
  const { schedule } = api.deps.client;
  await Promise.all(scheduleTable().map(({ id }) => schedule.getHandle(engineScheduleId(id, queue)).delete()));
  await stopWorker();
  await api.close();
});

const close = () => {
  gate = new Promise((resolve) => (open = resolve));
};
const audited = async (action: string) =>
  (await api.call('GET', '/v1/audit?target=schedule:tenure-housekeeping')).body.items.filter(
    (row: { action: string }) => row.action === `schedule.${action}`,
  );

describe('/v1/schedules', () => {
  it('lists what runs by itself, with its zone, its next runs and what it is for', async () => {
    const { status, body } = await api.call('GET', '/v1/schedules', { as: 'viewer' });
    expect(status).toBe(200);
    expect(body.items.map((one: { id: string }) => one.id)).toEqual(scheduleTable().map(({ id }) => id));
    expect(body.items).toContainEqual(
      expect.objectContaining({
        id: 'tenure-renewal-sweep',
        workflow: 'renewalSweep',
        runs: 'daily 05:10',
        zone: 'UTC',
        paused: false,
      }),
    );
    for (const one of body.items) expect(one.nextRuns.length).toBeGreaterThan(0);
  });

  it('pauses with a note and resumes, each once and on record', async () => {
    const pause = (as: 'admin' | 'cs' = 'admin') =>
      api.call('POST', `${house}/pause`, { as, body: { note: 'stock-taking' } });
    expect((await pause('cs')).status).toBe(403);
    expect(await pause()).toMatchObject({ status: 200, body: { paused: true, note: 'stock-taking' } });
    expect(await pause()).toMatchObject({ status: 409, body: { code: 'already-decided', note: 'stock-taking' } });
    expect((await api.call('GET', house)).body).toMatchObject({ paused: true, note: 'stock-taking' });
    expect(await api.call('POST', `${house}/resume`)).toMatchObject({ status: 200, body: { paused: false } });
    expect(await api.call('POST', `${house}/resume`)).toMatchObject({
      status: 409,
      body: { code: 'already-decided', detail: 'tenure-housekeeping is not paused.' },
    });
    expect(await audited('pause')).toMatchObject([{ reason: 'stock-taking', actor: expect.stringMatching(/^admin:/) }]);
    expect(await audited('resume')).toHaveLength(1);
  });

  it('runs it at once when triggered, and not a second time beside the first', async () => {
    close();
    expect((await api.call('POST', `${house}/trigger`)).status).toBe(200);
    const [workflowId] = await eventually('a run', async () => {
      const { running } = (await api.call('GET', house)).body;
      return running.length === 1 ? running : undefined;
    });
    expect(await api.call('POST', `${house}/trigger`)).toMatchObject({
      status: 409,
      body: { code: 'already-decided', workflowId },
    });
    open();
    await api.deps.client.workflow.getHandle(workflowId).result();
    expect(await audited('trigger')).toHaveLength(1);
    const { recent } = (await api.call('GET', house)).body;
    expect(recent[0]).toMatchObject({ workflowId, runId: expect.any(String) });
  });

  it('runs it for each time of a span of the past, one after another', async () => {
    const to = new Date(Math.floor(Date.now() / HOUR) * HOUR - 1);
    const from = new Date(to.getTime() - 3 * HOUR);
    const taken = (await api.call('GET', house)).body.taken as number;
    const span = { from: from.toISOString(), to: to.toISOString() };
    expect((await api.call('POST', `${house}/backfill`, { body: span })).status).toBe(200);
    await eventually('three runs', async () => (await api.call('GET', house)).body.taken >= taken + 3);
    expect(await audited('backfill')).toMatchObject([{ details: span }]);
  });

  it.each([
    ['a span that ends before it begins', { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }],
    ['a span of more than 35 days', { from: '2025-01-01T00:00:00Z', to: '2025-03-01T00:00:00Z' }],
    ['a span that is to come', { from: '2025-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z' }],
  ])('refuses a backfill over %s', async (_what, body) => {
    expect(await api.call('POST', `${house}/backfill`, { body })).toMatchObject({
      status: 422,
      body: { code: 'invalid-date' },
    });
  });

  it('knows no other schedule', async () => {
    expect(await api.call('GET', '/v1/schedules/tenure-nothing')).toMatchObject({
      status: 404,
      body: { code: 'unknown-item', detail: 'There is no schedule tenure-nothing.' },
    });
    expect((await api.call('POST', '/v1/schedules/tenure-nothing/trigger')).status).toBe(404);
  });

  it('says so when the engine is away, and leaves nothing on record', async () => {
    const dead = await apiFixture({
      client: await deadClient(),
      publish: false,
      config: { deadlines: { commandMs: 800 } },
    });
    try {
      expect(await dead.callOnce('GET', '/v1/schedules')).toMatchObject({
        status: 503,
        body: { code: 'engine-unavailable' },
      });
      expect((await dead.callOnce('POST', `${house}/pause`, { body: { note: 'x' } })).status).toBe(503);
      expect((await dead.call('GET', '/v1/audit')).body.items).toEqual([]);
    } finally {
      await dead.close();
    }
  });
});
