import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { JourneyInput } from '../../workflows/contracts/journey.ts';
import { TenureJourney, journeyStart, journeyWorkflowType } from '../../workflows/messages.ts';

type Startable = Pick<JourneyRow, 'id' | 'lock' | 'kind' | 'accountId' | 'timetable' | 'snapshot' | 'clockShift'>;

/** The argument of the run that carries this row's journey. */
export const journeyInput = (row: Startable): JourneyInput => ({
  version: 1,
  journeyId: row.id,
  account: row.accountId,
  timetable: row.timetable,
  state: row.snapshot,
  clockShift: row.clockShift,
});

/**
 * Starts the run of a journey, or finds the one that carries it; undefined while the run of an earlier journey under this lock is still closing.
 * A conflict is looked into rather than used: the run that is found might be the earlier one.
 */
export async function startRun(
  {
    client,
    taskQueue,
    deadlineMs,
    continueEvery,
  }: { client: Client; taskQueue: string; deadlineMs: number; continueEvery?: number },
  row: Startable,
): Promise<string | undefined> {
  const options = {
    ...journeyStart({ ...journeyInput(row), continueEvery }, row.lock),
    taskQueue,
    workflowIdConflictPolicy: 'FAIL' as const,
  };
  return client.withDeadline(Date.now() + deadlineMs, async () => {
    try {
      const handle = await client.workflow.start(journeyWorkflowType(row.kind), options);
      return handle.firstExecutionRunId;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const found = await client.workflow.getHandle(row.lock).describe();
      const ours = found.typedSearchAttributes.get(TenureJourney) === row.id;
      return ours ? found.runId : undefined;
    }
  });
}
