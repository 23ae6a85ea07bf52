import { proxyActivities } from '@temporalio/workflow';
import type { JourneyActivities } from '../../activities/deliver/create-activities.ts';

/*
 * | activity      | one attempt          | retries                                                            |
 * | deliver       | 20 s: provider 12 s + two transactions, under the ledger's lease of 30 s | for ever: it ends itself by the late policy |
 * | escalate      | 10 s: one transaction | for ever: nothing else would tell the owner                       |
 * | recordCommand | 10 s: one transaction | for ever, quickly: staff wait for it                              |
 * | conclude      | 15 s: one transaction | for ever: the outcome must be written                             |
 */
const patient = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5m' } as const;
const quick = { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s' } as const;

export const { deliver } = proxyActivities<Pick<JourneyActivities, 'deliver'>>({
  startToCloseTimeout: '20s',
  retry: patient,
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
});
export const { escalate } = proxyActivities<Pick<JourneyActivities, 'escalate'>>({
  startToCloseTimeout: '10s',
  retry: patient,
});
export const { recordCommand } = proxyActivities<Pick<JourneyActivities, 'recordCommand'>>({
  startToCloseTimeout: '10s',
  retry: quick,
});
export const { conclude } = proxyActivities<Pick<JourneyActivities, 'conclude'>>({
  startToCloseTimeout: '15s',
  retry: patient,
});
