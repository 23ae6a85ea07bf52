import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Client, ScheduleOptions } from '@temporalio/client';

/** Creates the schedule, or brings an existing one to these options; its paused state and its history stay. */
export async function ensureSchedule(client: Client, options: ScheduleOptions): Promise<void> {
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { spec, action, policies } = options;
    await client.schedule
      .getHandle(options.scheduleId)
      .update((previous) => ({ ...previous, spec, action, policies, state: previous.state }) as never);
  }
}

/** Creates or updates every schedule of Tenure; called at each boot. */
export async function ensureSchedules(client: Client, taskQueue: string): Promise<void> {
  await ensureSchedule(client, {
    scheduleId: 'tenure-housekeeping',
    spec: { intervals: [{ every: '1h' }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '25h' },
    action: {
      type: 'startWorkflow',
      workflowType: 'housekeeping',
      workflowId: 'tenure-housekeeping',
      taskQueue,
      args: [],
      staticSummary: 'Hourly housekeeping',
      // The SDK passes it on; its type does not name it.
      ...({ priority: { priorityKey: 5 } } as object),
    },
  });
}
