import { performance } from 'node:perf_hooks';
import type { BenchGround } from './bench-ground.ts';
import { inParallel, percentile } from './measure.ts';

const JOURNEYS = 100;
const COMMANDS = 600;
const IN_FLIGHT = 50;

export type CommandFigures = { p50Ms: number; p99Ms: number };

/** Latency of commands over the API at 50 in flight, spread over 100 journeys: pause and resume in turn. */
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
  const took: number[] = [];
  const order = Array.from({ length: COMMANDS }, (_, i) => ids[i % JOURNEYS]!);
  await inParallel(COMMANDS, IN_FLIGHT, async (i) => {
    const command = Math.floor(i / JOURNEYS) % 2 === 0 ? 'pause' : 'resume';
    const started = performance.now();
    const { status, body } = await ground.call('POST', `/v1/journeys/${order[i]}/commands`, {
      command,
      reason: 'bench',
    });
    took.push(performance.now() - started);
    if (status !== 200) throw new Error(`${command} answered ${status}: ${JSON.stringify(body)}`);
  });
  await worker.stop();
  await ground.clear();
  return { p50Ms: percentile(took, 0.5), p99Ms: percentile(took, 0.99) };
}
