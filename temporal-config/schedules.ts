import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Client, ScheduleOptions, ScheduleSpec } from '@temporalio/client';
import { createHash } from 'node:crypto';

/** When the daily sweeps run: local times `HH:MM` of one zone. */
export type ScheduleTimes = { zone: string; healthSweepAt: string; renewalSweepAt: string };
export const defaultTimes: ScheduleTimes = { zone: 'UTC', healthSweepAt: '04:10', renewalSweepAt: '05:10' };

/** The queue whose schedules bear their plain names; those of any other have it behind them, so that two deployments of one namespace keep apart. */
export const DEFAULT_TASK_QUEUE = 'tenure-journeys';

/** One row of the table: what runs, when, and what people are told of it. */
type Entry = { id: string; workflowType: string; spec: ScheduleSpec; note: string };

const daily = (at: string, zone: string): ScheduleSpec => {
  const [hour, minute] = at.split(':').map(Number);
  return { calendars: [{ hour, minute }], timezone: zone };
};

/** Every schedule of Tenure. */
export const scheduleTable = ({ zone, healthSweepAt, renewalSweepAt }: ScheduleTimes = defaultTimes): Entry[] => [
  {
    id: 'tenure-housekeeping',
    workflowType: 'housekeeping',
    spec: { intervals: [{ every: '1h' }], timezone: zone },
    note: 'Every hour: ends holds and stops that are over, forgets what has expired, asks about what is in doubt',
  },
  {
    id: 'tenure-health-sweep',
    workflowType: 'healthSweep',
    spec: daily(healthSweepAt, zone),
    note: 'Every day: scores the health of every account',
  },
  {
    id: 'tenure-renewal-sweep',
    workflowType: 'renewalSweep',
    spec: daily(renewalSweepAt, zone),
    note: 'Every day: starts the renewals that come within reach and have no journey yet',
  },
];

/** A schedule's id on the engine. */
export const engineScheduleId = (id: string, taskQueue: string): string =>
  taskQueue === DEFAULT_TASK_QUEUE ? id : `${id}.${taskQueue}`;

/** What the engine is told of one row. */
function optionsOf({ id, workflowType, spec, note }: Entry, taskQueue: string) {
  const scheduleId = engineScheduleId(id, taskQueue);
  const action = {
    type: 'startWorkflow' as const,
    workflowType,
    workflowId: scheduleId,
    taskQueue,
    args: [],
    staticSummary: note,
    // The SDK passes it on; its type does not name it.
    ...({ priority: { priorityKey: 5 } } as object),
  };
  // Down for longer than a day, a schedule catches up once.
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '25h' as const };
  const print = createHash('sha256').update(JSON.stringify({ spec, action, policies })).digest('hex').slice(0, 16);
  return { scheduleId, spec, policies, action: { ...action, memo: { print } }, state: { note } };
}

/**
 * Creates the schedule, or brings an existing one to these options; its paused state, its note and its history stay. One that has them already
 * is left alone: between reading and writing it, somebody's pause would be lost.
 */
async function ensureSchedule(client: Client, options: ReturnType<typeof optionsOf>): Promise<void> {
  try {
    await client.schedule.create(options as ScheduleOptions);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const handle = client.schedule.getHandle(options.scheduleId);
    const known = (await handle.describe()).action.memo?.print;
    if (known === options.action.memo.print) return;
    const { spec, action, policies } = options;
    await handle.update((previous) => ({ ...previous, spec, action, policies, state: previous.state }) as never);
  }
}

/** Creates or updates every schedule of Tenure; called at each boot. */
export async function ensureSchedules(client: Client, taskQueue: string, times?: ScheduleTimes): Promise<void> {
  for (const entry of scheduleTable(times)) await ensureSchedule(client, optionsOf(entry, taskQueue));
}

/** When the sweeps run, as the deployment is configured. */
export const timesOf = (config: {
  systemZone: string;
  healthSweepAt: string;
  renewalSweepAt: string;
}): ScheduleTimes => ({
  zone: config.systemZone,
  healthSweepAt: config.healthSweepAt,
  renewalSweepAt: config.renewalSweepAt,
});
