import { proxySinks } from '@temporalio/workflow';
import type { Sinks, WorkflowInterceptors } from '@temporalio/workflow';

export interface TimerSinks extends Sinks {
  timers: { started(durationMs: number): void };
}

const { timers } = proxySinks<TimerSinks>();

/** Tells the replay test every timer's length: replay itself compares commands, not durations. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      startTimer(input, next) {
        timers.started(input.durationMs);
        return next(input);
      },
    },
  ],
});
