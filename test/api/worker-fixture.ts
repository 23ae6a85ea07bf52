import { randomUUID } from 'node:crypto';
import { createBulkActivities } from '../../activities/bulk/create-bulk-activities.ts';
import { createJourneyActivities } from '../../activities/deliver/create-activities.ts';
import { createHousekeepingActivities } from '../../activities/housekeeping/create-housekeeping-activities.ts';
import { startSettling } from '../../api/commands/settle-commands.ts';
import { createCommandIssuer } from '../../api/commands/issue-command.ts';
import { defaultPolicy } from '../../activities/arbiter/policy.ts';
import { composeHandOver } from '../../workers/hand-over.ts';
import { composePorts } from '../../workers/ports.ts';
import { testWorker } from '../support/engine.ts';
import { eventually as holding } from '../support/eventually.ts';
import { apiFixture } from './api-fixture.ts';
import type { ApiFixture } from './api-fixture.ts';

export type WorkingApi = ApiFixture & {
  stopWorker(): Promise<void>;
  taskQueue: string;
  /** Asks again about commands without an answer, as the API's own process does from time to time. */
  settle(): Promise<void>;
};

/** The API with the product's own worker behind it: real workflows, real activities, embedded providers. */
export async function workingApi(): Promise<WorkingApi> {
  const taskQueue = `api-${randomUUID()}`;
  const api = await apiFixture({ config: { taskQueue } });
  const { database, deps } = api;
  const { client, clock, log } = deps;
  const { secret, publicUrl, systemZone } = deps.config;
  const worker = await testWorker({
    taskQueue,
    activities: {
      ...createJourneyActivities({
        database,
        clock: (shift) => Date.now() + shift,
        ...composePorts({}),
        ...composeHandOver({ database, client, taskQueue, settings: { secret, systemZone }, log: log as never }),
        settings: { secret, publicUrl, systemZone, mailFrom: 'Tenure <no-reply@tenure.test>', policy: defaultPolicy },
        log: log as never,
      }),
      ...createBulkActivities({
        database,
        issue: createCommandIssuer({ database, client, clock, log, taskQueue }).issue,
        clock,
      }),
      ...createHousekeepingActivities({ database, clock, log, isAlive: () => Promise.resolve(true) }),
    },
  });
  const running = worker.run();
  let stopped = false;
  const stopWorker = async () => {
    if (stopped) return;
    stopped = true;
    worker.shutdown();
    await running;
  };
  const settle = async () => {
    const issuer = api.app.issuer;
    const settling = startSettling({
      ...{ db: database.db, issuer, startBulk: () => Promise.resolve(), clock, log, everyMs: 60_000, afterMs: 0 },
    });
    await settling.pass();
    await settling.stop();
  };
  return {
    ...api,
    taskQueue,
    stopWorker,
    settle,
    close: async () => {
      await stopWorker();
      await api.close();
    },
  };
}

/** Waits until `check` gives something, and throws no more. */
export const eventually = <T>(check: () => Promise<T>) => holding('it comes to that', check);
