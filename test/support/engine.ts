import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { expect, inject } from 'vitest';
import { workflowBundle } from '../../temporal-config/bundle.ts';
import { loadConfig } from '../../temporal-config/config.ts';
import { connectClient } from '../../temporal-config/connect.ts';
import { installRuntime } from '../../workers/runtime.ts';

let client: Promise<Client> | undefined;
let connection: Promise<NativeConnection> | undefined;
let installed = false;
let heardBy: Logger | undefined;

/** The run's one engine, as the global set-up started it. */
export function testEngine(): { address: string; namespace: string } {
  return inject('engine');
}

/** A client of the run's engine, one a process. */
export function testClient(): Promise<Client> {
  return (client ??= connectClient(loadConfig({}), testEngine()));
}

/** A task queue of the running test's own, from its title. */
export function testTaskQueue(): string {
  const { currentTestName = 'test', testPath = '' } = expect.getState();
  return `t-${createHash('sha256').update(`${testPath}/${currentTestName}`).digest('hex').slice(0, 20)}`;
}

/** Keeps this process's workers from logging and from taking its signals; called before the first connection. */
export function quietRuntime(): void {
  if (installed) return;
  installed = true;
  const passOn = (level: 'warn' | 'error' | 'info' | 'debug' | 'trace') =>
    ((fields: object, message: string) => heardBy?.[level](fields, message)) as Logger['info'];
  const names = ['trace', 'debug', 'info', 'warn', 'error'] as const;
  installRuntime(
    Object.assign(pino({ level: 'silent' }), Object.fromEntries(names.map((name) => [name, passOn(name)]))),
  );
}

/** Lets a log hear what the SDK says in this process, as the product's own does; undefined: nobody any more. */
export function hearRuntime(log: Logger | undefined): void {
  quietRuntime();
  heardBy = log;
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
    shutdownForceTime: '30s',
    ...options,
  });
}
