import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { TenureJourney } from '../../workflows/messages.ts';

const DEADLINE_MS = 10_000;

/** The id of the run that lives this journey; undefined when there is none, or it lives another. */
export function openRun(client: Client, journey: { id: string; lock: string }): Promise<string | undefined> {
  return client.withDeadline(Date.now() + DEADLINE_MS, async () => {
    try {
      const { status, typedSearchAttributes, runId } = await client.workflow.getHandle(journey.lock).describe();
      const open = status.name === 'RUNNING' || status.name === 'PAUSED';
      return open && typedSearchAttributes.get(TenureJourney) === journey.id ? runId : undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  });
}
