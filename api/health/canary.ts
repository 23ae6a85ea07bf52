import type { Client } from '@temporalio/client';

const PATIENCE_MS = 3_000;

/** Asks a canary run on the task queue until it has answered once; from then on that is remembered. */
export function createCanary(client: Client, taskQueue: string): () => Promise<boolean> {
  let answered = false;
  let asking: Promise<boolean> | undefined;
  const ask = async () => {
    const options = {
      workflowId: `tenure-canary:${taskQueue}`,
      taskQueue,
      workflowIdConflictPolicy: 'USE_EXISTING' as const,
      workflowExecutionTimeout: '30s' as const,
    };
    await client.withDeadline(Date.now() + PATIENCE_MS, () => client.workflow.execute('canary', options));
    return (answered = true);
  };
  return async () => {
    if (answered) return true;
    asking ??= ask()
      .catch(() => false)
      .finally(() => (asking = undefined));
    return asking;
  };
}
