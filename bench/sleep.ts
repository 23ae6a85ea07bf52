import { setTimeout as wait } from 'node:timers/promises';
import type { BenchGround } from './bench-ground.ts';
import { inParallel } from './measure.ts';

export type SleepFigures = { journeys: number; startS: number; workerRssMiB: number; dbMiB: number };

/** So many trials that all sleep until tomorrow: the time to start them, this process's memory (worker and API in one), the database. */
export async function benchSleep(ground: BenchGround, journeys: number): Promise<SleepFigures> {
  const account = (i: number) => `sleep-${i}`;
  const anchor = new Date(Date.now() + 86_400_000).toISOString();
  await inParallel(journeys, 20, (i) => ground.putAccount(account(i)));
  const before = await ground.databaseBytes();
  const worker = await ground.startWorker();
  const startS = await inParallel(journeys, 50, (i) =>
    ground.call('POST', '/v1/journeys', { playbook: '002.trial', account: account(i), anchor }),
  );
  await wait(5_000);
  const rss = process.memoryUsage().rss;
  const bytes = (await ground.databaseBytes()) - before;
  await worker.stop();
  return { journeys, startS, workerRssMiB: rss / 2 ** 20, dbMiB: bytes / 2 ** 20 };
}
