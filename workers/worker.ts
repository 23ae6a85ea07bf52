import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { createCommandIssuer } from '../api/commands/issue-command.ts';
import { openRun } from '../api/journeys/open-run.ts';
import { createBulkActivities } from '../activities/bulk/create-bulk-activities.ts';
import { createJourneyActivities } from '../activities/deliver/create-activities.ts';
import type { JourneyDeps } from '../activities/deliver/deps.ts';
import { createBroadcastActivities } from '../activities/broadcast/create-broadcast-activities.ts';
import { createEmbeddedPager } from '../activities/paging/embedded-pager.ts';
import type { Pager } from '../activities/paging/pager.ts';
import { createHousekeepingActivities } from '../activities/housekeeping/create-housekeeping-activities.ts';
import type { Retention } from '../activities/housekeeping/retention.ts';
import { createRenewalActivities } from '../activities/renewals/create-renewal-activities.ts';
import { createScoringActivities } from '../activities/scoring/create-scoring-activities.ts';
import type { Database } from '../db/database.ts';
import type { IngestPort } from '../playbooks/scores/record-scores.ts';
import type { WorkflowBundle } from '../temporal-config/bundle.ts';
import { activityTracing } from '../temporal-config/tracing.ts';
import { composeHandOver } from './hand-over.ts';
import { activityClock } from './activity-clock.ts';
import type { RemoteCrm } from '../activities/crm/remote-crm.ts';
import { startCrmSync } from './crm/start-crm-sync.ts';
import { startDispatcher } from './dispatcher/start-dispatcher.ts';
import { startIncidents } from './incidents/start-incidents.ts';
import { startScoring } from './scoring/start-scoring.ts';
import { renewalStarter } from './sweeps/start-renewals.ts';

/** All that a worker process is made of; every part is given. */
export type WorkerParts = {
  connection: NativeConnection;
  namespace: string;
  client: Client;
  taskQueue: string;
  bundle: WorkflowBundle;
  database: Database;
  ports: Pick<JourneyDeps, 'mailer' | 'sms' | 'inApp' | 'crm'>;
  /** A CRM elsewhere that mirrors ours. */
  remoteCrm?: RemoteCrm;
  /** Whom a page calls, and how; missing: by mail to `onCall`. */
  pager?: Pager | undefined;
  onCall?: string;
  /** Notices of incidents a second that all processes together hand to a provider. */
  noticesPerSecond?: number;
  settings: JourneyDeps['settings'];
  log: Logger;
  maxCachedWorkflows?: number;
  tracing?: boolean;
  /** Clock of the dispatcher: real time but in rehearsals. */
  clock?: () => number;
  probe?: JourneyDeps['probe'];
  /** Distance of journeys that start now to real time, ms: 0 but in rehearsals. */
  clockShift?: () => number;
  /** How long what has served its purpose is kept, where it differs from the policy. */
  retention?: Partial<Retention>;
  /** How many renewals a sweep starts a second. */
  renewalsPerSecond?: number;
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
  const handOver = composeHandOver({ database, client, taskQueue, settings: parts.settings, log });
  const clockShift = parts.clockShift ?? (() => 0);
  const scoring = {
    ...{ database, clock, log, launch: handOver.launch },
    ingest: ((tx, given) => handOver.ingest(tx, { ...given, clockShift: clockShift() })) satisfies IngestPort,
  };
  const deliver: JourneyDeps = {
    ...{ database, clock: activityClock, log, probe: parts.probe, settings: parts.settings },
    ...parts.ports,
    ...handOver,
  };
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    buildId: bundle.buildId.slice(0, 16),
    workflowBundle: { codePath: bundle.codePath },
    interceptors: { activity: activityTracing({ tracing: parts.tracing ?? false }) },
    activities: {
      ...createJourneyActivities(deliver),
      ...createBroadcastActivities({ ...deliver, perSecond: parts.noticesPerSecond }),
      ...createBulkActivities({
        database,
        issue: createCommandIssuer({ database, client, taskQueue, clock, log }).issue,
        clock,
      }),
      ...createHousekeepingActivities({
        ...{ database, clock, log, retention: parts.retention },
        isAlive: async (journey) => (await openRun(client, journey)) !== undefined,
      }),
      ...createScoringActivities(scoring),
      ...createRenewalActivities({
        ...{ database, clock, log, perSecond: parts.renewalsPerSecond },
        ...renewalStarter({ ...parts, systemZone: parts.settings.systemZone }),
      }),
    },
    // Longer than a provider's time-out (12 s), so that nothing is cut off at the provider.
    shutdownGraceTime: '15s',
    shutdownForceTime: '25s',
    ...(parts.maxCachedWorkflows ? { maxCachedWorkflows: parts.maxCachedWorkflows } : {}),
  });
  const dispatcher = await startDispatcher({
    ...{ database, client, taskQueue, log, clock },
    releasePerSecond: parts.settings.policy.releasePerSecond,
  });
  const { mailFrom: from, publicUrl } = parts.settings;
  const mailed = { database, mailer: parts.ports.mailer, from, to: parts.onCall ?? 'on-call@tenure.localhost' };
  const pager = parts.pager ?? createEmbeddedPager(mailed);
  const incidents = startIncidents({ database, client, taskQueue, pager, publicUrl, clock, log });
  const scorer = startScoring(scoring);
  const { remoteCrm: remote } = parts;
  const crm = remote && startCrmSync({ database, remote, clock, log });
  const done = worker
    .run()
    .finally(() => Promise.all([dispatcher.stop(), incidents.stop(), scorer.stop(), crm?.stop()]));
  return {
    done,
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await done;
    },
  };
}
