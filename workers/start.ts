import { join } from 'node:path';
import { ConfigError, loadConfig } from '../temporal-config/config.ts';
import { createLog } from '../temporal-config/log.ts';
import { installRuntime } from './runtime.ts';
import { startTenure } from './start-tenure.ts';

/** `npm start`: everything on one machine. Progress and the ready line go to stdout, the log into the data folder. */
async function main(): Promise<void> {
  const config = loadConfig();
  const log = createLog(config.logLevel, join(config.dataDir, 'logs', 'tenure.log'));
  installRuntime(log);
  const stopping = new AbortController();
  let asked: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // One Ctrl-C arrives twice, some 30 ms apart: from the terminal, and passed on by npm and tsx.
      if (asked !== undefined && Date.now() - asked < 1_000) return;
      if (asked !== undefined) process.exit(1);
      asked = Date.now();
      process.stdout.write('\nstopping …\n');
      stopping.abort();
    });
  }
  const progress = (line: string) => process.stdout.write(`  ${line}\n`);
  const tenure = await startTenure({ config, log, progress, signal: stopping.signal });
  const why = await Promise.race([tenure.failed, aborted(stopping.signal)]);
  if (why) process.stderr.write(`${why}\n`);
  await tenure.stop();
  process.exit(why ? 1 : 0);
}

const aborted = (signal: AbortSignal) =>
  new Promise<undefined>((resolve) =>
    signal.aborted ? resolve(undefined) : signal.addEventListener('abort', () => resolve(undefined)),
  );

main().catch((error: unknown) => {
  const known =
    error instanceof ConfigError || (error instanceof Error && error.name.endsWith('Error') && error.name !== 'Error');
  process.stderr.write(`${known ? (error as Error).message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
});
