import { continueAsNew, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { BulkActivities } from '../../activities/bulk/create-bulk-activities.ts';
import type { BulkCommandInput } from '../contracts/bulk.ts';

// A page takes seconds at its rate; one that failed goes on where it was, since what has an answer is left out.
const { runBulkPage } = proxyActivities<BulkActivities>({
  startToCloseTimeout: '5m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/** Gives one command to every journey of a frozen selection, page by page; what became of each is in the database. */
export async function bulkCommand({ bulkId, from, version }: BulkCommandInput): Promise<void> {
  let next: number | null = from;
  while (next !== null) {
    ({ next } = await runBulkPage({ bulkId, from: next }));
    if (next !== null && workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof bulkCommand>({ version, bulkId, from: next });
  }
}
