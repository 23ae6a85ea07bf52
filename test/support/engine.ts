import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { expect, inject } from 'vitest';
import { workflowBundle } from '../../temporal-config/bundle.ts';
import { loadConfig } from '../../temporal-config/config.ts';
import { connectClient } from '../../temporal-config/connect.ts';

let client: Promise<Client> | undefined;
let connection: Promise<NativeConnection> | undefined;
let quiet = false;

/** The run's one engine, as the global set-up started it. */
export function testEngine(): { address: string; namespace: string } {
  return inject('engine');
}

/** A client of the run's engine, one a test file. */
export function testClient(): Promise<Client> {
  return (client ??= connectClient(loadConfig({}), testEngine()));
}

/** A task queue of the running test's own, from its title. */
export function testTaskQueue(): string {
  const { currentTestName = 'test', testPath = '' } = expect.getState();
  return `t-${createHash('sha256').update(`${testPath}/${currentTestName}`).digest('hex').slice(0, 20)}`;
}

/** Keeps workers of this file from logging and from taking the process's signals; called before the first connection. */
export function quietRuntime(): void {
  if (quiet) return;
  quiet = true;
  Runtime.install({
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
    logger: silent,
    shutdownSignals: [],
  });
}

/** Runs a worker of the product's own workflows while `work` goes on, then shuts it down. */
export async function withWorker<T>(options: TestWorkerOptions, work: () => Promise<T>): Promise<T> {
  const worker = await testWorker(options);
  return worker.runUntil(work);
}

/** What a test's worker differs in; without `workflowBundle` or `workflowsPath` it runs the product's own workflows. */
export type TestWorkerOptions = Partial<WorkerOptions> & { taskQueue: string };

/** A worker of the product's own workflows that is not running yet. */
export async function testWorker(options: TestWorkerOptions): Promise<Worker> {
  quietRuntime();
  const { address, namespace } = testEngine();
  connection ??= NativeConnection.connect({ address });
  const own = !options.workflowBundle && !options.workflowsPath;
  return Worker.create({
    connection: await connection,
    namespace,
    ...(own && { workflowBundle: await workflowBundle() }),
    shutdownForceTime: '5s',
    ...options,
  });
}

const nothing = () => undefined;
const silent = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
