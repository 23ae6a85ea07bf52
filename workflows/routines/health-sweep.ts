import { continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { ScoringActivities } from '../../activities/scoring/create-scoring-activities.ts';
import type { HealthSweepInput, HealthSwept } from '../contracts/health.ts';

// A page takes seconds. One that failed goes on behind the last account that it said it had done; what it has scored of the day it does not score again.
const { sweepHealth } = proxyActivities<ScoringActivities>({
  startToCloseTimeout: '5m',
  heartbeatTimeout: '1m',
  retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/** What a Schedule has done every day: every account is scored, and playbooks are told of the bands that have changed. */
export async function healthSweep(
  input: HealthSweepInput = {
    ...{ version: 1, day: null, after: null },
    swept: { accounts: 0, stored: 0, changed: 0, drops: 0 },
  },
): Promise<HealthSwept> {
  for (let { day, after, swept } = input; ;) {
    const page = await sweepHealth({ day, after });
    swept = {
      accounts: swept.accounts + page.accounts,
      stored: swept.stored + page.stored,
      changed: swept.changed + page.changed,
      drops: swept.drops + page.drops,
    };
    if (page.after === null) return swept;
    ({ day, after } = page);
    if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof healthSweep>({ version: 1, day, after, swept });
  }
}
