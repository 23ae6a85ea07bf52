import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { timeSkipping } from '../../temporal-config/time-skipping.ts';
import { testClient, testWorker } from '../support/engine.ts';

const day = 86_400_000;
const taskQueue = `time-skipping-${randomUUID()}`;
const activities = { seenTime: () => Promise.resolve(Context.current().info.currentAttemptScheduledTimestampMs) };
let stopWorker: () => Promise<void>;

beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('./time-skipping.workflows.ts', import.meta.url));
  const worker = await testWorker({ taskQueue, workflowsPath, activities });
  const running = worker.run();
  stopWorker = async () => {
    worker.shutdown();
    await running;
  };
});

afterAll(() => stopWorker());

async function start(type: string, ...args: unknown[]) {
  const client = await testClient();
  const handle = await client.workflow.start(type, { taskQueue, workflowId: `${type}-${randomUUID()}`, args });
  return { client, handle, id: handle.workflowId };
}

describe('a run with skipped time', () => {
  it('lives through 30 days at once, and its activity sees the virtual time of its attempt', async () => {
    const began = Date.now();
    const { client, handle, id } = await start('sleeper', 30 * day);
    await timeSkipping(client).run(id);
    const seen = (await handle.result()) as { activity: number; workflow: number };
    expect(seen.activity - began).toBeGreaterThanOrEqual(30 * day);
    expect(seen.activity - began).toBeLessThan(30 * day + 60_000);
    expect(Math.abs(seen.workflow - seen.activity)).toBeLessThan(60_000);
    expect(Date.now() - began).toBeLessThan(day);
  });

  it('stands still between fast-forwards, where it was asked to', async () => {
    const { client, handle, id } = await start('sleeper', 30 * day);
    const skip = timeSkipping(client);
    const began = await skip.virtualNow(id);
    await skip.fastForward(id, 10 * day);
    expect((await skip.virtualNow(id)) - began - 10 * day).toBeLessThan(60_000);
    expect((await client.workflow.getHandle(id).describe()).status.name).toBe('RUNNING');
    await skip.fastForwardTo(id, began + 31 * day);
    expect(await handle.result()).toMatchObject({ workflow: expect.any(Number) });
  });

  it('renews its session when the allowed number of skips is used up', async () => {
    const { client, handle, id } = await start('dayByDay', 12);
    const skip = timeSkipping(client, 5);
    await skip.fastForward(id, 13 * day);
    expect(await handle.result()).toBeGreaterThanOrEqual((await handle.describe()).startTime.getTime() + 12 * day);
  });

  it('moves the clock of a run that waits without end only as far as it is told', async () => {
    const { client, handle, id } = await start('waiter');
    const skip = timeSkipping(client);
    const began = await skip.virtualNow(id);
    await skip.fastForward(id, 3 * day);
    await skip.disable(id);
    expect((await skip.virtualNow(id)) - began - 3 * day).toBeLessThan(60_000);
    await handle.signal('end');
    await handle.result();
  });

  it('leaves other runs at their own time', async () => {
    const [moved, other] = await Promise.all([start('sleeper', 30 * day), start('sleeper', 30 * day)]);
    const skip = timeSkipping(moved.client);
    await skip.fastForward(moved.id, 5 * day);
    expect(Math.abs((await skip.virtualNow(other.id)) - Date.now())).toBeLessThan(60_000);
    await other.handle.terminate();
  });

  it('that has closed is left as it is', async () => {
    const { client, handle, id } = await start('sleeper', 0);
    await handle.result();
    await timeSkipping(client).fastForward(id, day);
    expect((await handle.describe()).status.name).toBe('COMPLETED');
  });
});

/** A run whose fast-forward the server never answers; each look at it finds the next number of events. */
function unanswered(...events: number[]) {
  const asked: number[] = [];
  const gaveUp = Object.assign(new Error('cancelled'), { code: 1, details: '', metadata: {} });
  const client = {
    options: { namespace: 'default' },
    withDeadline: (_until: number, call: () => unknown) => call(),
    workflow: {
      getHandle: () => ({
        describe: () => {
          const historyLength = events.shift();
          const timeSkippingInfo = { effectiveConfig: { enabled: true } };
          const raw = { workflowExtendedInfo: { timeSkippingInfo } };
          return Promise.resolve({ status: { name: historyLength ? 'RUNNING' : 'COMPLETED' }, historyLength, raw });
        },
      }),
    },
    workflowService: {
      updateWorkflowExecutionOptions: () => Promise.resolve(void asked.push(events.length)),
      pollWorkflowExecutionTimeSkipping: () => Promise.reject(gaveUp),
    },
  } as unknown as Client;
  return { client, asked };
}

describe('a fast-forward without an answer', () => {
  it('is asked for anew once the run stands still, and not while something happens: a timer that is due would be passed', async () => {
    const { client, asked } = unanswered(5, 7, 8, 8, 8);
    await timeSkipping(client).fastForwardTo('a run', Date.now() + day);
    expect(asked).toEqual([4, 0]);
  });
});
