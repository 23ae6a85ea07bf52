import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { resolveTemporalBinary, temporalVersion } from './binary.ts';
import type { ChildExit } from './child.ts';
import type { Config } from './config.ts';
import { connectClient, givenTarget } from './connect.ts';
import { lockDataDir } from './data-lock.ts';
import { startDevServer } from './dev-server.ts';
import { ensureSearchAttributes } from './search-attributes.ts';

/** The part of a pino logger that the boot uses. */
export type Log = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** What the embedded engine and the embedded database are started with. */
export type StartOptions = { config: Config; dataDir: string; log: Log; progress: (line: string) => void };

/** The Temporal server that Tenure uses, embedded or given. */
export type Engine = {
  address: string;
  namespace: string;
  /** The web UI; undefined where a given server's is not known. */
  uiUrl?: string;
  embedded: boolean;
  /** Settles when the embedded engine ended, asked or not; never for a given server. */
  exited: Promise<ChildExit>;
  /** Ends the embedded engine and waits until its file is closed; nothing for a given server. */
  stop(): Promise<void>;
};

/** The data folder was written by another version of the engine. */
export class EngineVersionError extends Error {
  override readonly name = 'EngineVersionError';
}

const retentionSeconds = 720 * 3600;

/** Starts the embedded engine on its file in the data folder, or connects to the server that the configuration names. */
export async function startEngine(options: StartOptions): Promise<Engine> {
  if (options.config.temporalGiven) return givenEngine(options.config);
  const { config, dataDir, log, progress } = options;
  const lock = await lockDataDir(dataDir, progress);
  try {
    const folder = join(dataDir, 'temporal');
    mkdirSync(folder, { recursive: true });
    const dbFilename = join(folder, 'engine.db');
    checkVersion(folder, dbFilename);
    const binary = await resolveTemporalBinary({ config, progress });
    progress('starting the Temporal engine');
    const namespace = config.temporalNamespace ?? 'default';
    const { child, address, uiUrl } = await startDevServer({
      binary,
      namespace,
      dbFilename,
      port: config.temporalPort,
      uiPort: config.temporalUiPort,
      logFile: join(dataDir, 'logs', 'temporal.log'),
    });
    lock.addChild('the Temporal engine', child.pid, 'SIGTERM');
    let asked = false;
    void child.exited.then((exit) => {
      if (!asked) log.error({ ...exit }, 'the embedded Temporal engine ended by itself');
    });
    const stop = async () => {
      asked = true;
      await child.stop();
      lock.removeChild(child.pid);
      lock.release();
    };
    try {
      await prepare(await connectClient(config, { address, namespace }));
    } catch (error) {
      await stop();
      throw error;
    }
    log.info({ address, uiUrl }, 'embedded Temporal engine ready');
    return { address, namespace, uiUrl, embedded: true, exited: child.exited, stop };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function givenEngine(config: Config): Promise<Engine> {
  const target = givenTarget(config);
  const client = await connectClient(config);
  try {
    await ensureSearchAttributes(client.connection, target.namespace);
  } finally {
    await client.connection.close();
  }
  return { ...target, embedded: false, exited: new Promise(() => undefined), stop: () => Promise.resolve() };
}

async function prepare(client: Client): Promise<void> {
  try {
    const { namespace } = client.options;
    // Closed journeys would vanish after the dev server's 24 hours.
    const workflowExecutionRetentionTtl = { seconds: retentionSeconds as never };
    await client.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } });
    await ensureSearchAttributes(client.connection, namespace);
  } finally {
    await client.connection.close();
  }
}

function checkVersion(folder: string, dbFilename: string): void {
  const stamp = join(folder, 'version');
  if (!existsSync(dbFilename)) return writeFileSync(stamp, `${temporalVersion}\n`);
  const wrote = existsSync(stamp) ? readFileSync(stamp, 'utf8').trim() : 'an unknown version';
  if (wrote === temporalVersion) return;
  throw new EngineVersionError(
    [
      `The engine's file ${dbFilename} was written by Temporal CLI ${wrote}; this Tenure runs ${temporalVersion}, and the file has no`,
      `migration between versions. The journeys are safe in the database. Move them into a new file:`,
      `  mv ${folder} ${folder}-${wrote.replace(/[^\w.-]+/g, '-')}`,
      `  npm run rehydrate -- --all-open`,
    ].join('\n'),
  );
}
