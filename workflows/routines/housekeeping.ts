import { proxyActivities } from '@temporalio/workflow';
import type { HousekeepingActivities } from '../../activities/housekeeping/create-housekeeping-activities.ts';
import type { Swept } from '../contracts/housekeeping.ts';

// Bounded batches, whose bounds add up to two minutes: what one round leaves the next one takes.
const { keepHouse } = proxyActivities<HousekeepingActivities>({
  startToCloseTimeout: '10m',
  retry: { initialInterval: '5s', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 10 },
});

/** What a Schedule has done every hour: ends what is over, forgets what has expired, and asks somebody to look at what is in doubt. */
export async function housekeeping(): Promise<Swept> {
  return keepHouse();
}
