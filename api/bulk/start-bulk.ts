import type { Client } from '@temporalio/client';
import type { Db } from '../../db/database.ts';
import { markBulkRunning } from '../../db/queries/bulk/settle-bulk.ts';
import type { BulkCommandInput } from '../../workflows/contracts/bulk.ts';
import { bulkWorkflowId } from '../../workflows/contracts/bulk.ts';
import { PRIORITY } from '../../workflows/messages.ts';

type Options = { db: Db; client: Client; taskQueue: string; startMs: number };

/** Starts the workflow of a committed bulk command; throws when the engine does not answer, and may then be called again. */
export async function startBulk({ db, client, taskQueue, startMs }: Options, bulkId: string): Promise<void> {
  const input: BulkCommandInput = { version: 1, bulkId, from: 0 };
  await client.withDeadline(Date.now() + startMs, () =>
    client.workflow.start('bulkCommand', {
      workflowId: bulkWorkflowId(bulkId),
      taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      priority: PRIORITY.bulk,
      staticSummary: `bulk command ${bulkId}`,
    }),
  );
  await markBulkRunning(db, bulkId);
}
