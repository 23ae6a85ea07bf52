// Run as a process of its own, then killed by a test: starts parts of the system and tells their process numbers.
import { startChild } from '../../temporal-config/child.ts';
import { lockDataDir } from '../../temporal-config/data-lock.ts';
import { startEphemeralEngine } from '../../temporal-config/ephemeral.ts';
import { createScratchPostgres } from '../../temporal-config/postgres.ts';

const [what, folder = ''] = process.argv.slice(2);

async function start(): Promise<object> {
  if (what === 'engine') return startEphemeralEngine();
  if (what === 'postgres') return createScratchPostgres();
  const lock = await lockDataDir(folder);
  const child = await startChild({ command: 'sleep', args: ['600'], stopSignal: 'SIGTERM', stopWithinMs: 1_000 });
  lock.addChild('a sleeper', child.pid, 'SIGTERM');
  return { pid: child.pid };
}

console.log(JSON.stringify(await start()));
setInterval(() => undefined, 60_000);
