import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { claimAccount, markDelivered, openDeliveriesOf } from '../../db/queries/deliveries/claim-account.ts';
import type { OpenDelivery } from '../../db/queries/deliveries/claim-account.ts';
import type { Database } from '../../db/database.ts';
import { happenedSignal } from '../../workflows/messages.ts';

const BATCH = 100;
const SIGNAL_MS = 5_000;

/** What became of one turn: nobody has anything to hear; one account was told all, and which journeys took it; one could not be told all yet. */
export type Turn =
  { is: 'idle' } | { is: 'told'; more: boolean; took: string[] } | { is: 'later'; account: string; error?: unknown };

/**
 * Tells one account's runs what happened, in order: one signal a run of consecutive happenings of a journey. A row is marked once its signal was
 * accepted, so a crash between the two tells it again, which the run's own memory of ids makes harmless.
 */
export function tellAccount(d: { database: Database; client: Client; now: Date }, except: string[]): Promise<Turn> {
  return d.database.db.transaction(async (tx): Promise<Turn> => {
    const account = await claimAccount(tx, d.now, except);
    if (account === undefined) return { is: 'idle' };
    const open = await openDeliveriesOf(tx, account, d.now, BATCH);
    const took = new Set<string>();
    for (const batch of batches(open)) {
      const first = batch[0]!;
      const seqs = batch.map((one) => one.seq);
      // Its start is stored and has not come to a run: the order waits for it.
      if (first.state === 'starting' && !first.endedAt) return { is: 'later', account };
      try {
        const untaken = await tell(d.client, first.workflowId, batch);
        await markDelivered(tx, seqs, d.now, untaken);
        if (untaken === null) took.add(first.journeyId);
      } catch (error) {
        return { is: 'later', account, error };
      }
    }
    return { is: 'told', more: open.length === BATCH, took: [...took] };
  });
}

/** null when the run took it; else why it was told to nobody. */
async function tell(client: Client, workflowId: string, batch: OpenDelivery[]): Promise<string | null> {
  if (batch[0]!.endedAt) return 'journey-ended';
  const happenings = batch.map((one) => one.happening);
  try {
    await client.withDeadline(Date.now() + SIGNAL_MS, () =>
      client.workflow.getHandle(workflowId).signal(happenedSignal, happenings),
    );
    return null;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'no-run';
    throw error;
  }
}

/** Consecutive deliveries of one journey together; the order of the account stays. */
function batches(open: OpenDelivery[]): OpenDelivery[][] {
  const all: OpenDelivery[][] = [];
  for (const one of open) {
    const last = all.at(-1);
    if (last?.[0]!.journeyId === one.journeyId) last.push(one);
    else all.push([one]);
  }
  return all;
}
