import { proxyActivities, sleep } from '@temporalio/workflow';
import type { BareActivities } from './bare-activities.ts';

const { insertRow } = proxyActivities<BareActivities>({ startToCloseTimeout: '20s' });

/** The least that a five-touch journey could be written by hand: five timers, five activities that insert one row each. */
export async function bareJourney(id: string): Promise<void> {
  for (let step = 1; step <= 5; step++) {
    await sleep(20);
    await insertRow(id, step);
  }
}
