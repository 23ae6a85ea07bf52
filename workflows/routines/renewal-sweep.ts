import { continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { RenewalActivities } from '../../activities/renewals/create-renewal-activities.ts';
import type { RenewalSweepInput, RenewalsSwept } from '../contracts/renewals.ts';

// A page takes seconds at its rate. What it has opened it does not find again, so one that failed is simply done anew.
const { sweepRenewals } = proxyActivities<RenewalActivities>({
  startToCloseTimeout: '10m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/** What a Schedule has done every day: the renewals that have come within reach and have no journey yet are started, at a set rate. */
export async function renewalSweep(
  input: RenewalSweepInput = { version: 1, at: null, after: null, started: 0, refused: 0 },
): Promise<RenewalsSwept> {
  for (let sweep = input; ;) {
    const page = await sweepRenewals(sweep);
    const started = sweep.started + page.started;
    const refused = sweep.refused + page.refused;
    if (page.after === null) return { started, refused };
    sweep = { version: 1, at: page.at, after: page.after, started, refused };
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof renewalSweep>(sweep);
  }
}
