import { setTimeout as wait } from 'node:timers/promises';
import type { BenchGround } from './bench-ground.ts';
import { inParallel } from './measure.ts';

export type SleepFigures = { journeys: number; startS: number; workerRssMiB: number; dbMiB: number };

/** So many trials that all sleep until tomorrow: the time to start them, this process's memory (the worker, and the little that makes the load), the database. */
export async function benchSleep(ground: BenchGround, journeys: number): Promise<SleepFigures> {
  const account = (i: number) => `sleep-${i}`;
  const anchor = new Date(Date.now() + 86_400_000).toISOString();
  await inParallel(journeys, 20, (i) => ground.putAccount(account(i)));
  const before = await ground.databaseBytes();
  const worker = await ground.startWorker();
  const startS = await inParallel(journeys, 50, async (i) => {
    const { status, body } = await ground.call('POST', '/v1/journeys', {
      playbook: '002.trial',
      account: account(i),
      anchor,
    });
    if (status !== 201) throw new Error(`start answered ${status}: ${JSON.stringify(body)}`);
  });
  await wait(5_000);
  const { count } = await ground.client.workflow.count("WorkflowType = 'trialJourney' and ExecutionStatus = 'Running'");
  if (count < journeys) throw new Error(`of ${journeys} trials only ${count} sleep`);
  const rss = process.memoryUsage().rss;
  const bytes = (await ground.databaseBytes()) - before;
  await worker.stop();
  return { journeys, startS, workerRssMiB: rss / 2 ** 20, dbMiB: bytes / 2 ** 20 };
}
