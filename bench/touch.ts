import { journeyCost } from '../workers/rehearse/history-cost.ts';
import type { BenchGround } from './bench-ground.ts';
import { inParallel } from './measure.ts';
import { COST_GAP, THROUGHPUT_GAP, touchesPlaybookId } from './touches-playbook.ts';

const COUNT = 100;
const WIDTH = 50;
const TOUCHES = 5;

export type TouchFigures = {
  ratio: number;
  tenurePerS: number;
  barePerS: number;
  eventsPerTouch: number;
  actionsPerTouch: number;
};

/** Journeys of five touches completed a second, against a hand-written workflow of five timers and five one-row activities. */
export async function benchTouch(ground: BenchGround, round: number): Promise<TouchFigures> {
  const account = (i: number) => `touch-${round}-${i}`;
  await inParallel(COUNT + 1, 20, (i) => ground.putAccount(account(i)));
  const worker = await ground.startWorker();
  const tenure = await inParallel(COUNT, WIDTH, (i) => complete(ground, account(i), TOUCHES, THROUGHPUT_GAP));
  const [five, one] = [await cost(ground, account(COUNT), TOUCHES), await cost(ground, account(COUNT), 1)];
  await worker.stop();
  const bareWorker = await ground.startBareWorker();
  const bare = await inParallel(COUNT, WIDTH, async (i) => {
    const id = `bare-${round}-${i}`;
    await ground.client.workflow.execute('bareJourney', { workflowId: id, taskQueue: 'bare', args: [id] });
  });
  await bareWorker.stop();
  const each = (of: 'events' | 'actions') => (five[of] - one[of]) / (TOUCHES - 1);
  return {
    ratio: bare / tenure,
    tenurePerS: COUNT / tenure,
    barePerS: COUNT / bare,
    eventsPerTouch: each('events'),
    actionsPerTouch: each('actions'),
  };
}

type Started = { id: string; temporal: { workflowId: string; runId: string } };

async function complete(
  ground: BenchGround,
  account: string,
  touches: number,
  gap: string,
): Promise<Started['temporal']> {
  const { status, body } = await ground.call<Started>('POST', '/v1/journeys', {
    playbook: touchesPlaybookId(touches, gap),
    account,
  });
  if (status !== 201) throw new Error(`start answered ${status}: ${JSON.stringify(body)}`);
  await ground.client.workflow.result(body.temporal.workflowId);
  return body.temporal;
}

async function cost(
  ground: BenchGround,
  account: string,
  touches: number,
): Promise<{ events: number; actions: number }> {
  const { workflowId, runId } = await complete(ground, account, touches, COST_GAP);
  return journeyCost(ground.client, workflowId, runId);
}
