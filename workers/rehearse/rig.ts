import { join } from 'node:path';
import { randomBytes, randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { buildApp } from '../../api/app.ts';
import { defaultPolicy } from '../../activities/arbiter/policy.ts';
import { openDatabase } from '../../db/database.ts';
import type { Database } from '../../db/database.ts';
import { migrateDatabase } from '../../db/migrate.ts';
import { ensureAdminKey } from '../../db/queries/keys/ensure-admin-key.ts';
import { publishShipped } from '../../playbooks/publish/publish-shipped.ts';
import type { WorkflowBundle } from '../../temporal-config/bundle.ts';
import { projectRoot } from '../../temporal-config/root.ts';
import { composePorts } from '../ports.ts';
import { startWorker } from '../worker.ts';
import type { RunningWorker, WorkerParts } from '../worker.ts';
import { patiently } from './patience.ts';

/** What several rigs share: one engine, one bundle, and a source of databases that are migrated and have all shipped playbooks. */
export type Ground = {
  client: Client;
  connection: NativeConnection;
  newDatabase(): Promise<string>;
  bundle: WorkflowBundle;
  log: Logger;
};

/** Tenure whole, but for the listening socket, on a database and a task queue of its own, with a clock that is set. */
export type Rig = {
  app: FastifyInstance;
  client: Client;
  database: Database;
  taskQueue: string;
  /** What a second start needs to go on where this one stopped. */
  same: Same;
  worker: RunningWorker;
  key: string;
  /** What time it is for the API and the dispatcher, in ms. */
  now: () => number;
  setNow(at: number): void;
  /** Makes the journeys that start from now on live as if it were `at`; answers their distance to real time, ms. */
  shiftTo(at: number): number;
  /** Asks the API, as a client would who repeats what is to be repeated; the start of a journey until its run is there. */
  call: Call;
  stop(): Promise<void>;
};

type Call = <T = unknown>(
  method: 'GET' | 'PUT' | 'POST' | 'DELETE',
  url: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<{ status: number; body: T }>;
type Same = { databaseUrl: string; taskQueue: string; secret: string };

/** Makes an empty database one from which rigs can be cloned: migrated, with all shipped playbooks published. */
export async function prepareDatabase(url: string): Promise<void> {
  await migrateDatabase(url, join(projectRoot(), 'db', 'migrations'));
  const database = openDatabase(url, { max: 2 });
  // A playbook that cannot be published fails where it is rehearsed and in its own test, not everywhere.
  const onInvalid = (why: string) => void process.stderr.write(`not published: ${why}\n`);
  await publishShipped(database.db, { now: new Date(0), onInvalid });
  await database.close();
}

/** Starts a rig. */
export async function startRig(
  ground: Ground,
  options: {
    continueEvery?: number;
    ports?: Partial<WorkerParts['ports']>;
    settings?: Partial<WorkerParts['settings']>;
    probe?: WorkerParts['probe'];
    withoutWorker?: boolean;
    renewalsPerSecond?: number;
    same?: Same;
  } = {},
): Promise<Rig> {
  const { client, connection, bundle, log } = ground;
  let clockShift = 0;
  let set: number | undefined;
  const now = () => set ?? Date.now();
  const same = options.same ?? {
    databaseUrl: await ground.newDatabase(),
    taskQueue: `rig-${randomUUID().slice(0, 8)}`,
    secret: randomBytes(24).toString('base64url'),
  };
  const { taskQueue, secret } = same;
  const database = openDatabase(same.databaseUrl, { max: 10 });
  const publicUrl = 'http://tenure.test';
  const { namespace } = client.options;
  const key = `rig-${randomUUID()}`;
  await ensureAdminKey(database.db, { given: key, now: new Date(now()) });
  const app = await buildApp({
    ...{ database, client, log, clock: now, clockShift: () => clockShift, continueEvery: options.continueEvery },
    config: { publicUrl, systemZone: 'UTC', secret, taskQueue, temporalUiUrl: 'http://temporal.test', namespace },
  });
  const settings = {
    secret,
    publicUrl,
    mailFrom: 'Tenure <no-reply@tenure.test>',
    systemZone: 'UTC',
    policy: defaultPolicy,
    ...options.settings,
  };
  const start = () =>
    startWorker({
      connection,
      namespace,
      client,
      taskQueue,
      bundle,
      database,
      log,
      settings,
      clock: now,
      probe: options.probe,
      ports: { ...composePorts({}), ...options.ports },
      // Engine time goes on by itself: a run that starts now begins at what the clock of this rig shows.
      clockShift: () => (set === undefined ? 0 : set - Date.now()),
      renewalsPerSecond: options.renewalsPerSecond,
      maxCachedWorkflows: 50,
    });
  const rig: Rig = {
    ...{ app, client, database, taskQueue, same, key, now },
    worker: options.withoutWorker ? { done: Promise.resolve(), stop: () => Promise.resolve() } : await start(),
    setNow: (at) => void (set = at),
    shiftTo: (at) => {
      set = at;
      return (clockShift = at - Date.now());
    },
    call: async <T>(...[method, url, body, headers]: Parameters<Call>) => {
      const ask = async (again: { id?: string }) => {
        const { statusCode, ...answer } = await app.inject({
          method,
          url,
          headers: { authorization: `Bearer ${key}`, ...headers },
          ...(body === undefined ? {} : { payload: { ...body, ...again } }),
        });
        return { status: statusCode, body: (answer.body ? answer.json() : undefined) as T };
      };
      return patiently(ask, { unknowns: !options.withoutWorker, starts: url === '/v1/journeys' });
    },
    stop: async () => {
      await app.close();
      await rig.worker.stop();
      await database.close();
    },
  };
  return rig;
}

/** A log that nobody reads. */
export const silentLog = (): Logger => pino({ level: 'silent' });
