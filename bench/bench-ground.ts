import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import { openDatabase } from '../db/database.ts';
import type { Database } from '../db/database.ts';
import { migrateDatabase } from '../db/migrate.ts';
import { ensureAdminKey } from '../db/queries/keys/ensure-admin-key.ts';
import { publish } from '../playbooks/publish/publish.ts';
import { publishShipped } from '../playbooks/publish/publish-shipped.ts';
import { workflowBundle } from '../temporal-config/bundle.ts';
import { loadConfig } from '../temporal-config/config.ts';
import { connectClient, connectWorker } from '../temporal-config/connect.ts';
import { startEngine } from '../temporal-config/engine.ts';
import { startPostgres } from '../temporal-config/postgres.ts';
import { projectRoot } from '../temporal-config/root.ts';
import { createLog } from '../temporal-config/log.ts';
import { installRuntime } from '../workers/runtime.ts';
import { composePorts, composeSettings } from '../workers/ports.ts';
import { startWorker } from '../workers/worker.ts';
import type { RunningWorker, WorkerParts } from '../workers/worker.ts';
import type { ApiProcessInput } from './api-process.ts';
import { createBareActivities } from './bare-activities.ts';
import { COST_GAP, THROUGHPUT_GAP, touchesPlaybook } from './touches-playbook.ts';

const KEY = 'bench-key-0123456789abcdef';

export type BenchGround = {
  client: Client;
  connection: NativeConnection;
  namespace: string;
  database: Database;
  taskQueue: string;
  databaseBytes(): Promise<number>;
  /** The most memory that the API has had so far, MiB; NaN where the system does not tell. */
  apiPeakMiB(): number;
  call<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }>;
  putAccount(id: string): Promise<void>;
  startWorker(given?: Pick<WorkerParts, 'renewalsPerSecond'>): Promise<RunningWorker>;
  startBareWorker(): Promise<RunningWorker>;
  /** A worker in a process of its own, which can be killed. */
  startWorkerProcess(noticesPerSecond: number): Promise<{ kill(): void; stop(): Promise<void> }>;
  /** Ends every open run, so that one measurement leaves nothing for the next to carry. */
  clear(): Promise<void>;
  stop(): Promise<void>;
};

/** The embedded system as `npm start` makes it (file, WAL, durable Postgres), in a folder of its own; workers are started by each measurement. */
export async function breakBenchGround(): Promise<BenchGround> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenure-bench-'));
  const config = {
    ...loadConfig(),
    temporalGiven: false,
    databaseUrl: undefined,
    smtpUrl: undefined,
    dataDir,
    temporalPort: 0,
    temporalUiPort: 0,
    postgresPort: 0,
    taskQueue: 'bench',
  };
  const log = createLog('error');
  installRuntime(log);
  const options = { config, dataDir, log, progress: () => undefined };
  const [engine, postgres] = await Promise.all([startEngine(options), startPostgres(options)]);
  await migrateDatabase(postgres.url, join(projectRoot(), 'db', 'migrations'));
  const database = openDatabase(postgres.url, { max: 20 });
  await ensureAdminKey(database.db, { given: KEY, now: new Date() });
  await publishShipped(database.db, { now: new Date() });
  const playbooks = [
    touchesPlaybook(5, THROUGHPUT_GAP),
    ...[1, 5].map((touches) => touchesPlaybook(touches, COST_GAP)),
  ];
  for (const source of playbooks) await publish(database.db, { source, by: 'bench', now: new Date() });
  await database.sql`create table bare_rows (id text, step int, primary key (id, step))`;
  const client = await connectClient(config, engine);
  const { connection, namespace } = await connectWorker(config, engine);
  const { taskQueue } = config;
  const settings = composeSettings(config, 'http://tenure.bench', randomBytes(24).toString('base64url'));
  const { secret } = settings;
  const api = await startApiProcess({
    databaseUrl: postgres.url,
    address: engine.address,
    namespace,
    taskQueue,
    secret,
  });
  const call = async <T>(method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${api.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${KEY}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  };
  return {
    ...{ client, connection, namespace, database, taskQueue, call },
    databaseBytes: async () =>
      Number((await database.sql`select pg_database_size(current_database()) as size`)[0]?.size),
    apiPeakMiB: api.peakMiB,
    putAccount: async (id) => {
      const contacts = [{ role: 'primary', email: `${id}@example.com`, consent: { email: true, sms: false } }];
      await call('PUT', `/v1/accounts/${id}`, { name: id, plan: 'starter', timeZone: 'UTC', contacts });
    },
    startWorker: async (given = {}) =>
      startWorker({
        ...given,
        connection,
        namespace,
        client,
        taskQueue,
        bundle: await workflowBundle(config),
        database,
        ports: composePorts({}),
        settings,
        log,
        maxCachedWorkflows: 500,
      }),
    startBareWorker: async () => {
      const worker = await Worker.create({
        connection,
        namespace,
        taskQueue: 'bare',
        workflowsPath: join(projectRoot(), 'bench', 'workflows.ts'),
        activities: createBareActivities(database.sql),
        maxCachedWorkflows: 500,
      });
      const done = worker.run();
      return { done, stop: async () => (worker.shutdown(), done) };
    },
    startWorkerProcess: async (noticesPerSecond) =>
      startWorkerProcess({
        ...{ databaseUrl: postgres.url, address: engine.address, namespace, taskQueue, secret },
        noticesPerSecond,
      }),
    clear: async () => {
      for await (const run of client.workflow.list({ query: "ExecutionStatus = 'Running'" }))
        await client.workflow
          .getHandle(run.workflowId, run.runId)
          .terminate('bench')
          .catch(() => undefined);
    },
    stop: async () => {
      await api.stop();
      await connection.close();
      await client.connection.close();
      await database.close();
      await Promise.all([engine.stop(), postgres.stop()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function startWorkerProcess(
  input: ApiProcessInput & { noticesPerSecond: number },
): Promise<{ kill(): void; stop(): Promise<void> }> {
  const script = join(projectRoot(), 'bench', 'worker-process.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(input)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  return {
    kill: () => void child.kill('SIGKILL'),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

async function startApiProcess(
  input: ApiProcessInput,
): Promise<{ url: string; peakMiB(): number; stop(): Promise<void> }> {
  const script = join(projectRoot(), 'bench', 'api-process.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(input)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended.then(() => ['the API process ended'])])) as [
    Buffer | string,
  ];
  return {
    url: String(line).trim(),
    peakMiB: () => {
      const status = existsSync(`/proc/${child.pid}/status`) ? readFileSync(`/proc/${child.pid}/status`, 'utf8') : '';
      return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
    },
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
