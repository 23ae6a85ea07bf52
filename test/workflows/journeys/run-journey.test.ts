import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { JourneyActivities } from '../../../activities/deliver/create-activities.ts';
import type { Happening, JourneyInput } from '../../../workflows/contracts/journey.ts';
import type { Timetable } from '../../../workflows/contracts/timetable.ts';
import { happenedSignal, journeyStart, journeyStateQuery } from '../../../workflows/messages.ts';
import { testClient, testTaskQueue, withWorker } from '../../support/engine.ts';
import { due, kernelOf, seed, step, timetableOf } from '../kernel/fixtures.ts';

/** Activities of nobody: what a run asks for is noted. */
function world() {
  const asked: string[] = [];
  const note = (what: string) => Promise.resolve(void asked.push(what));
  const activities: JourneyActivities = {
    deliver: async ({ step }) => {
      await note(`deliver ${step}`);
      throw ApplicationFailure.create({ message: 'its provider is down', nextRetryDelay: '1h' });
    },
    escalate: ({ step }) => note(`escalate ${step}`),
    recordCommand: ({ commandId }) => note(`command ${commandId}`),
    conclude: ({ state }) => note(`conclude ${state.ended?.outcome}`),
  };
  return { asked, activities };
}

async function begin(client: Client, taskQueue: string, timetable: Timetable, more: Partial<JourneyInput> = {}) {
  const state = kernelOf(timetable).begin(seed({ startedAt: Date.now() }));
  const input: JourneyInput = { version: 1, journeyId: randomUUID(), account: 'acme', timetable, state, ...more };
  return client.workflow.start('onboardingJourney', {
    ...journeyStart(input, `onboarding:${randomUUID()}`),
    taskQueue,
  });
}

describe('a run that an engineer cancels', () => {
  it('exits its journey: recalls what is on its way, writes the end, and hears no command any more', async () => {
    const { asked, activities } = world();
    const [client, taskQueue] = [await testClient(), testTaskQueue()];
    await withWorker({ taskQueue, activities }, async () => {
      const steps = [step('hello', 'one', due('PT0S')), step('later', 'one', due('P9D'))];
      const handle = await begin(client, taskQueue, timetableOf(steps));
      await expect.poll(() => asked).toEqual(['deliver hello']);
      await handle.cancel();
      expect(await handle.result()).toMatchObject({ outcome: 'exited', how: 'command' });
    });
    expect(asked).toEqual(['deliver hello', 'conclude exited']);
  });
});

describe('a run that is told something before its first task', () => {
  it('lives, and does what is due', async () => {
    const { asked, activities } = world();
    const [client, taskQueue] = [await testClient(), testTaskQueue()];
    const timetable = timetableOf([step('hello', 'one', due('PT0S')), step('later', 'one', due('P9D'))], {
      listens: { ping: [] },
      reactions: [{ event: 'ping', set: 'pinged' }],
    });
    const handle = await begin(client, taskQueue, timetable);
    await handle.signal(happenedSignal, [{ t: 'event', id: 'e', type: 'ping', at: Date.now(), fields: {} }]);
    await withWorker({ taskQueue, activities }, async () => {
      await expect.poll(() => asked).toEqual(['deliver hello']);
      expect((await handle.query(journeyStateQuery)).flags).toEqual({ pinged: expect.any(Number) });
      await handle.terminate();
    });
  });
});

describe('ten thousand events to one run', () => {
  it('leave its state within a few pages and its history within one run, and are carried on when it begins anew', async () => {
    const { asked, activities } = world();
    const [client, taskQueue] = [await testClient(), testTaskQueue()];
    const timetable = timetableOf([step('last', 'one', due('P9D'))], {
      listens: { ping: ['n'], over: [] },
      reactions: [
        { event: 'ping', set: 'pinged', again: true },
        { event: 'over', end: { how: 'goal', outcome: 'heard' } },
      ],
    });
    const event = (n: number, type = 'ping'): Happening => {
      const id = `evt_${String(n).padStart(26, '0')}`;
      return { t: 'event', id, type, at: Date.now(), fields: type === 'ping' ? { n } : {} };
    };
    await withWorker({ taskQueue, activities }, async () => {
      const handle = await begin(client, taskQueue, timetable, { continueEvery: 6_000 });
      // As the dispatcher tells them: a hundred a signal.
      for (let i = 0; i < 10_000; i += 100) {
        const some = Array.from({ length: 100 }, (_, k) => event(i + k));
        await handle.signal(happenedSignal, some);
        if (i % 500 === 0) await handle.query(journeyStateQuery);
      }
      const state = await handle.query(journeyStateQuery);
      expect(state).toMatchObject({ rev: 10_000, flags: { pinged: expect.any(Number) } });
      expect(state.seen).toHaveLength(256);
      expect(JSON.stringify(state).length).toBeLessThan(16 * 1024);
      const latest = client.workflow.getHandle(handle.workflowId);
      const { historyLength, runId } = await latest.describe();
      expect(runId).not.toBe(handle.firstExecutionRunId);
      expect(historyLength).toBeLessThan(450);
      await latest.signal(happenedSignal, [event(9_999), event(10_000, 'over')]);
      expect(await handle.result()).toMatchObject({ outcome: 'heard', how: 'goal' });
    });
    expect(asked).toEqual(['conclude heard']);
  });
});
