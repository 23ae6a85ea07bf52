import { ScheduleNotFoundError, ScheduleOverlapPolicy, ServiceError, isGrpcServiceError } from '@temporalio/client';
import type { Client, ScheduleDescription, ScheduleHandle } from '@temporalio/client';
import { z } from 'zod';
import { engineScheduleId, scheduleTable } from '../../temporal-config/schedules.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { formatDuration } from '../../workflows/contracts/time.ts';
import type { Deps } from '../deps.ts';

/** A backfill reaches no further than this, ms. */
const BACKFILL_MS = 35 * 86_400_000;

export const Schedule = z
  .object({
    id: z.string(),
    workflow: z.string(),
    /** `daily 05:10`, or `every PT1H`. */
    runs: z.string(),
    zone: z.string(),
    paused: z.boolean(),
    note: z.string().nullable(),
    nextRuns: z.array(z.string()),
    running: z.array(z.string()),
    recent: z.array(
      z.object({ scheduledAt: z.string(), startedAt: z.string(), workflowId: z.string(), runId: z.string() }),
    ),
    taken: z.number().int(),
    missed: z.number().int(),
    skipped: z.number().int(),
  })
  .meta({ id: 'Schedule' });
export type Schedule = z.infer<typeof Schedule>;

type Engine = Pick<Deps, 'client' | 'limits' | 'config'>;

/** Every schedule that the engine has of ours, in the order of the table. */
export async function listSchedules(engine: Engine): Promise<Schedule[]> {
  const found = await Promise.all(scheduleTable().map(({ id }) => look(engine, id).catch(absent)));
  return found.filter((one) => one !== undefined);
}

const absent = (error: unknown) => {
  if (error instanceof TenureError && error.code === 'unknown-item') return undefined;
  throw error;
};

/** One schedule; throws `unknown-item` or `engine-unavailable`. */
export const look = (engine: Engine, id: string): Promise<Schedule> =>
  withSchedule(engine, id, async (handle) => toView(id, await handle.describe()));

/** Pauses a schedule with a note, or lets it run again; what it is already is a conflict. */
export const setPaused = (engine: Engine, id: string, paused: boolean, note: string): Promise<Schedule> =>
  withSchedule(engine, id, async (handle) => {
    const { state } = await handle.describe();
    if (state.paused === paused)
      throw new TenureError('already-decided', paused ? `${id} is paused already.` : `${id} is not paused.`, {
        note: state.note ?? null,
      });
    await (paused ? handle.pause(note) : handle.unpause(note));
    return toView(id, await handle.describe());
  });

/** Runs it once, now, paused or not; a conflict while a run of it is under way. */
export const runNow = (engine: Engine, id: string): Promise<Schedule> =>
  withSchedule(engine, id, async (handle) => {
    const [running] = (await handle.describe()).info.runningActions;
    if (running)
      throw new TenureError('already-decided', `A run of ${id} is under way.`, {
        workflowId: running.workflow.workflowId,
      });
    await handle.trigger(ScheduleOverlapPolicy.SKIP);
    return toView(id, await handle.describe());
  });

/** Runs it, one after another, for every time it had between two moments of the past. */
export const runAgain = (engine: Engine, id: string, span: { from: Date; to: Date; now: Date }): Promise<Schedule> => {
  const { from, to, now } = span;
  if (!(from < to)) throw new TenureError('invalid-date', 'from must be before to.');
  if (to > now) throw new TenureError('invalid-date', 'What is to come runs by itself: to must not be later than now.');
  if (to.getTime() - from.getTime() > BACKFILL_MS)
    throw new TenureError('invalid-date', `A backfill reaches over ${formatDuration(BACKFILL_MS)} at most.`);
  return withSchedule(engine, id, async (handle) => {
    await handle.backfill({ start: from, end: to, overlap: ScheduleOverlapPolicy.BUFFER_ALL });
    return toView(id, await handle.describe());
  });
};

async function withSchedule<T>(
  { client, limits, config }: Engine,
  id: string,
  work: (handle: ScheduleHandle) => Promise<T>,
): Promise<T> {
  const missing = () =>
    new TenureError('unknown-item', `There is no schedule ${id}.`, { known: scheduleTable().map((entry) => entry.id) });
  if (!scheduleTable().some((entry) => entry.id === id)) throw missing();
  try {
    return await withDeadline(client, limits.commandMs, () =>
      work(client.schedule.getHandle(engineScheduleId(id, config.taskQueue))),
    );
  } catch (error) {
    // Every boot makes them; until the first one there are none.
    if (error instanceof ScheduleNotFoundError) throw missing();
    if (isGrpcServiceError(error) || error instanceof ServiceError)
      throw new TenureError('engine-unavailable', 'The engine did not answer; nothing is known to have changed.');
    throw error;
  }
}

const withDeadline = <T>(client: Client, ms: number, work: () => Promise<T>) =>
  client.withDeadline(Date.now() + ms, work);

const iso = (at: Date) => at.toISOString();
const two = (n: number) => String(n).padStart(2, '0');

function toView(id: string, { action, spec, state, info }: ScheduleDescription): Schedule {
  return {
    id,
    workflow: action.workflowType,
    runs: runsOf(spec),
    zone: spec.timezone ?? 'UTC',
    paused: state.paused,
    note: state.note ?? null,
    nextRuns: info.nextActionTimes.slice(0, 5).map(iso),
    running: info.runningActions.map(({ workflow }) => workflow.workflowId),
    recent: info.recentActions
      .map(({ scheduledAt, takenAt, action: { workflow } }) => ({
        scheduledAt: iso(scheduledAt),
        startedAt: iso(takenAt),
        workflowId: workflow.workflowId,
        runId: workflow.firstExecutionRunId,
      }))
      .reverse(),
    taken: info.numActionsTaken,
    missed: info.numActionsMissedCatchupWindow,
    skipped: info.numActionsSkippedOverlap,
  };
}

function runsOf({ intervals, calendars }: ScheduleDescription['spec']): string {
  const [calendar] = calendars ?? [];
  if (calendar) return `daily ${two(calendar.hour[0]?.start ?? 0)}:${two(calendar.minute[0]?.start ?? 0)}`;
  return (intervals ?? []).map(({ every }) => `every ${formatDuration(every)}`).join(', ');
}
