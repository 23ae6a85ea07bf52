// Run as a process of its own, then killed by a test: starts parts of the system and tells their process numbers.
import { startChild } from '../../temporal-config/child.ts';
import { loadConfig } from '../../temporal-config/config.ts';
import { lockDataDir } from '../../temporal-config/data-lock.ts';
import { startEngine } from '../../temporal-config/engine.ts';
import { startEphemeralEngine } from '../../temporal-config/ephemeral.ts';
import { createScratchPostgres, startPostgres } from '../../temporal-config/postgres.ts';

const [what, folder = ''] = process.argv.slice(2);

async function start(): Promise<object> {
  if (what === 'engine') return startEphemeralEngine();
  if (what === 'postgres') return createScratchPostgres();
  if (what === 'embedded') return startEmbedded();
  const lock = await lockDataDir(folder);
  const child = await startChild({ command: 'sleep', args: ['600'], stopSignal: 'SIGTERM', stopWithinMs: 1_000 });
  lock.addChild('a sleeper', child.pid, 'SIGTERM');
  return { pid: child.pid };
}

async function startEmbedded(): Promise<object> {
  const ports = { TENURE_TEMPORAL_PORT: '0', TENURE_TEMPORAL_UI_PORT: '0', TENURE_POSTGRES_PORT: '0' };
  const config = loadConfig({ ...ports, TENURE_DATA_DIR: folder });
  const quiet = () => undefined;
  const options = { config, dataDir: folder, log: { info: quiet, warn: quiet, error: quiet }, progress: quiet };
  const [engine, database] = await Promise.all([startEngine(options), startPostgres(options)]);
  return { address: engine.address, url: database.url };
}

console.log(JSON.stringify(await start()));
setInterval(() => undefined, 60_000);
