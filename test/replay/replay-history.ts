import { join } from 'node:path';
import { Worker, bundleWorkflowCode } from '@temporalio/worker';
import type { InjectedSinks } from '@temporalio/worker';
import { projectRoot } from '../../temporal-config/root.ts';
import { quietRuntime } from '../support/engine.ts';
import type { TimerSinks } from './timer-interceptor.ts';

type Duration = { seconds?: string | number; nanos?: number };
export type HistoryEvent = {
  eventType: string;
  timerStartedEventAttributes?: { timerId: string; startToFireTimeout: string | Duration };
  activityTaskScheduledEventAttributes?: { activityType: { name: string } };
};
/** A history as the CLI and the SDK print it. */
export type HistoryJson = { events: HistoryEvent[] };

let bundle: Promise<{ code: string }> | undefined;

/** Replays a history through today's workflows; answers the timers it started and those of the history, in ms. Throws on any other difference. */
export async function replay(
  history: HistoryJson,
  workflowId: string,
): Promise<{ replayed: number[]; recorded: number[] }> {
  quietRuntime();
  bundle ??= bundleWorkflowCode({
    workflowsPath: join(projectRoot(), 'workflows', 'index.ts'),
    workflowInterceptorModules: [join(projectRoot(), 'test', 'replay', 'timer-interceptor.ts')],
  });
  const replayed: number[] = [];
  const sinks: InjectedSinks<TimerSinks> = {
    timers: { started: { fn: (_info, durationMs) => void replayed.push(durationMs), callDuringReplay: true } },
  };
  await Worker.runReplayHistory({ workflowBundle: await bundle, sinks }, structuredClone(history), workflowId);
  const recorded = history.events.flatMap((event) => {
    const timeout = event.timerStartedEventAttributes?.startToFireTimeout;
    return timeout === undefined ? [] : [milliseconds(timeout)];
  });
  return { replayed, recorded };
}

function milliseconds(duration: string | Duration): number {
  if (typeof duration === 'string') return Math.round(Number(duration.replace('s', '')) * 1000);
  return Math.round(Number(duration.seconds ?? 0) * 1000 + (duration.nanos ?? 0) / 1e6);
}
