import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../temporal-config/config.ts';
import { DataFolderInUseError } from '../temporal-config/data-lock.ts';
import { startEngine } from '../temporal-config/engine.ts';
import { startPostgres } from '../temporal-config/postgres.ts';
import { keptSecret } from '../temporal-config/secret.ts';

/** Where journeys are restarted: database and, unless the environment names a server, the embedded engine. */
export type RehydrateTarget = {
  databaseUrl: string;
  engine?: { address: string; namespace: string };
  stop(): Promise<void>;
};

const progress = (line: string) => process.stderr.write(`  ${line}\n`);
const quiet = () => undefined;

/** The given parts; of the embedded ones those that run, or, when nothing runs (an upgrade), started for the while. */
export async function rehydrateTarget(config: Config): Promise<RehydrateTarget> {
  const { dataDir } = config;
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const part of stops.reverse()) await part();
  };
  const options = { config, dataDir, progress, log: { info: quiet, warn: quiet, error: quiet } };
  try {
    const postgres = await startPostgres(options);
    stops.push(() => postgres.stop());
    const engine = await startEngine(options);
    stops.push(() => engine.stop());
    return { databaseUrl: postgres.url, engine: engine.embedded ? engine : undefined, stop };
  } catch (error) {
    await stop();
    if (!(error instanceof DataFolderInUseError)) throw error;
    return {
      databaseUrl: config.databaseUrl ?? runningDatabase(dataDir),
      engine: runningEngine(config),
      stop: async () => {},
    };
  }
}

/** The embedded Postgres that another process runs: its port is the fourth line of its pid file. */
function runningDatabase(dataDir: string): string {
  const port = readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[3];
  return `postgres://tenure:${keptSecret(dataDir, 'postgres.password')}@127.0.0.1:${port}/tenure`;
}

/** The embedded engine that another process runs: where its log last said it is. */
function runningEngine(config: Config): RehydrateTarget['engine'] {
  if (config.temporalGiven) return undefined;
  const namespace = config.temporalNamespace ?? 'default';
  const file = join(config.dataDir, 'logs', 'tenure.log');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const said = lines.findLast((line) => line.includes('embedded Temporal engine ready'));
  const address = said ? (JSON.parse(said) as { address?: string }).address : undefined;
  return { address: address ?? `127.0.0.1:${config.temporalPort}`, namespace };
}
