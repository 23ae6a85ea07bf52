import { continueAsNew, proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';
import type { BroadcastActivities } from '../../activities/broadcast/create-broadcast-activities.ts';
import type { BroadcastInput } from '../contracts/incidents.ts';

// A page takes seconds at its rate. One that died goes on where it was: whoever is decided is left out, and the ledger knows who was told.
const { runBroadcastPage } = proxyActivities<BroadcastActivities>({
  startToCloseTimeout: '5m',
  heartbeatTimeout: '20s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** Tells every account of a frozen audience, page by page; what became of each is in the database. */
export async function broadcast(input: BroadcastInput): Promise<void> {
  for (;;) {
    const { more, afterMs } = await runBroadcastPage(input);
    if (!more) return;
    if (afterMs > 0) await sleep(afterMs, { summary: 'held or tried again' });
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof broadcast>(input);
  }
}
