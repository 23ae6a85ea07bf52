import { readJourney } from '../db/queries/journeys/read-journey.ts';
import { journeyStart, journeyWorkflowType } from '../workflows/messages.ts';
import type { BenchGround } from './bench-ground.ts';
import { inParallel } from './measure.ts';

const COUNT = 300;
const WIDTH = 50;

export type StartFigures = { ratio: number; apiPerS: number; rawPerS: number };

/** Starts a second over the API, against raw client starts of the same workflow with the same input; no worker runs. */
export async function benchStart(ground: BenchGround, round: number): Promise<StartFigures> {
  const account = (i: number) => `start-${round}-${i}`;
  await inParallel(COUNT, 20, (i) => ground.putAccount(account(i)));
  let sample = '';
  const api = await inParallel(COUNT, WIDTH, async (i) => {
    const { status, body } = await ground.call<{ id: string }>('POST', '/v1/journeys', {
      playbook: '002.trial',
      account: account(i),
    });
    if (status !== 201) throw new Error(`start answered ${status}: ${JSON.stringify(body)}`);
    sample = body.id;
  });
  const row = await readJourney(ground.database.db, sample);
  if (!row) throw new Error('no journey was stored');
  const raw = await inParallel(COUNT, WIDTH, async (i) => {
    const input = {
      version: 1 as const,
      journeyId: row.id,
      account: row.accountId,
      timetable: row.timetable,
      state: row.snapshot,
    };
    await ground.client.workflow.start(journeyWorkflowType('trial'), {
      ...journeyStart(input, `raw-${round}-${i}`),
      taskQueue: ground.taskQueue,
    });
  });
  await ground.clear();
  return { ratio: raw / api, apiPerS: COUNT / api, rawPerS: COUNT / raw };
}
