import { performance } from 'node:perf_hooks';
import type { BenchGround } from './bench-ground.ts';
import { inParallel, percentile } from './measure.ts';

const JOURNEYS = 100;
const COMMANDS = 600;
const IN_FLIGHT = 50;

export type CommandFigures = { p50Ms: number; p99Ms: number };

/** Latency of commands over the API at 50 in flight, spread over 100 journeys that have begun, with a worker that is warm: pause and resume in turn. */
export async function benchCommand(ground: BenchGround, round: number): Promise<CommandFigures> {
  const account = (i: number) => `command-${round}-${i}`;
  const anchor = new Date(Date.now() + 86_400_000).toISOString();
  const ids: string[] = [];
  await inParallel(JOURNEYS, 20, async (i) => {
    await ground.putAccount(account(i));
    const { body } = await ground.call<{ id: string }>('POST', '/v1/journeys', {
      playbook: '002.trial',
      account: account(i),
      anchor,
    });
    ids.push(body.id);
  });
  const worker = await ground.startWorker();
  const tell = async (i: number, command: string) => {
    const started = performance.now();
    const path = `/v1/journeys/${ids[i % JOURNEYS]!}/commands`;
    const { status, body } = await ground.call('POST', path, { command, reason: 'bench' });
    if (status !== 200) throw new Error(`${command} answered ${status}: ${JSON.stringify(body)}`);
    return performance.now() - started;
  };
  // Every run has begun and every part has been used once before anything is timed.
  await inParallel(JOURNEYS, IN_FLIGHT, (i) => tell(i, 'note'));
  const took: number[] = [];
  await inParallel(COMMANDS, IN_FLIGHT, async (i) => {
    took.push(await tell(i, Math.floor(i / JOURNEYS) % 2 === 0 ? 'pause' : 'resume'));
  });
  await worker.stop();
  await ground.clear();
  return { p50Ms: percentile(took, 0.5), p99Ms: percentile(took, 0.99) };
}
