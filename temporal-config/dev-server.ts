import { readFileSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { startChild, type Child } from './child.ts';
import { freePort } from './ports.ts';

/** What a Temporal dev server is started with. */
export type DevServerOptions = {
  binary: string;
  namespace: string;
  port: number;
  /** Without it the server has no web UI. */
  uiPort?: number;
  dbFilename?: string;
  logFile?: string;
  flags?: readonly string[];
  /** Default SIGTERM, by which the file is closed in order. */
  stopSignal?: NodeJS.Signals;
};

/** A dev server that answers. */
export type DevServer = { child: Child; address: string; uiUrl?: string };

const attempts = 4;
const healthyWithinMs = 60_000;

/** Starts a dev server on free ports and waits until its namespace answers; a port lost to a race is chosen again. */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(options.port);
    const uiPort = options.uiPort === undefined ? undefined : await freePort(options.uiPort, '127.0.0.1', [port]);
    const logStart = options.logFile ? sizeOf(options.logFile) : 0;
    const child = await startChild({
      command: options.binary,
      args: commandLine(options, port, uiPort),
      logFile: options.logFile,
      stopSignal: options.stopSignal ?? 'SIGTERM',
      stopWithinMs: 10_000,
    });
    const address = `127.0.0.1:${port}`;
    try {
      if (await healthy(child, address, options.namespace)) {
        return { child, address, uiUrl: uiPort === undefined ? undefined : `http://127.0.0.1:${uiPort}` };
      }
    } catch (error) {
      await child.stop();
      throw error;
    }
    const output = options.logFile ? readFileSync(options.logFile, 'utf8').slice(logStart) : '';
    if (attempt === attempts) throw new Error(`the Temporal engine does not start: ${lastLine(output)}`);
    // The file of a server that has just gone may stay locked for a moment.
    if (output.includes('database is locked')) await delay(1_000);
  }
}

function commandLine(options: DevServerOptions, port: number, uiPort?: number): string[] {
  const pragmas = ['journal_mode=WAL', 'synchronous=NORMAL'].flatMap((pragma) => ['--sqlite-pragma', pragma]);
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--namespace', options.namespace],
    ...['--log-level', 'warn', '--disable-config-file', '--disable-config-env'],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...(options.dbFilename ? ['--db-filename', options.dbFilename, ...pragmas] : []),
    ...(options.flags ?? []).flatMap((flag) => ['--dynamic-config-value', flag]),
  ];
}

async function healthy(child: Child, address: string, namespace: string): Promise<boolean> {
  const deadline = Date.now() + healthyWithinMs;
  while (child.running()) {
    if (Date.now() > deadline) throw new Error(`the Temporal engine at ${address} does not answer`);
    if (await answers(address, namespace)) return child.running();
    await delay(50);
  }
  return false;
}

async function answers(address: string, namespace: string): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: '2s' });
    const client = new Client({ connection, namespace });
    await client.withDeadline(Date.now() + 2_000, () => client.workflow.count());
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) || 'it ended without a word';
}
