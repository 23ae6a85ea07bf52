import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { createCommandIssuer } from '../api/commands/issue-command.ts';
import { createBulkActivities } from '../activities/bulk/create-bulk-activities.ts';
import { createJourneyActivities } from '../activities/deliver/create-activities.ts';
import type { JourneyDeps } from '../activities/deliver/deps.ts';
import { createHousekeepingActivities } from '../activities/housekeeping/create-housekeeping-activities.ts';
import type { Database } from '../db/database.ts';
import type { WorkflowBundle } from '../temporal-config/bundle.ts';
import { activityTracing } from '../temporal-config/tracing.ts';
import { activityClock } from './activity-clock.ts';
import { startDispatcher } from './dispatcher/start-dispatcher.ts';

/** All that a worker process is made of; every part is given. */
export type WorkerParts = {
  connection: NativeConnection;
  namespace: string;
  client: Client;
  taskQueue: string;
  bundle: WorkflowBundle;
  database: Database;
  ports: Pick<JourneyDeps, 'mailer' | 'sms' | 'inApp' | 'crm'>;
  settings: JourneyDeps['settings'];
  log: Logger;
  maxCachedWorkflows?: number;
  tracing?: boolean;
  /** Clock of the dispatcher: real time but in rehearsals. */
  clock?: () => number;
  probe?: JourneyDeps['probe'];
};

export type RunningWorker = {
  /** Settles when the worker has ended; rejects when it failed. */
  done: Promise<void>;
  /** Takes no new work, lets what runs end within its provider's time, then stops. */
  stop(): Promise<void>;
};

/** Starts workflows, activities and the dispatcher of one process. */
export async function startWorker(parts: WorkerParts): Promise<RunningWorker> {
  const { connection, namespace, client, taskQueue, bundle, database, log } = parts;
  const clock = parts.clock ?? Date.now;
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    buildId: bundle.buildId.slice(0, 16),
    workflowBundle: { codePath: bundle.codePath },
    interceptors: { activity: activityTracing({ tracing: parts.tracing ?? false }) },
    activities: {
      ...createJourneyActivities({
        database,
        clock: activityClock,
        ...parts.ports,
        settings: parts.settings,
        log,
        probe: parts.probe,
      }),
      ...createBulkActivities({
        database,
        issue: createCommandIssuer({ database, client, taskQueue, clock, log }).issue,
        clock,
      }),
      ...createHousekeepingActivities({ database, clock, log }),
    },
    // Longer than a provider's time-out (12 s), so that nothing is cut off at the provider.
    shutdownGraceTime: '15s',
    shutdownForceTime: '25s',
    ...(parts.maxCachedWorkflows ? { maxCachedWorkflows: parts.maxCachedWorkflows } : {}),
  });
  const dispatcher = await startDispatcher({ database, client, taskQueue, log, clock });
  const done = worker.run().finally(() => dispatcher.stop());
  return {
    done,
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await done;
    },
  };
}
