import { randomUUID } from 'node:crypto';
import { isGrpcCancelledError, isGrpcDeadlineError, isGrpcServiceError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';

// Owns: all that is known of server-side time skipping, which is experimental; its flags and calls change between server versions.

/** Dynamic configuration that lets runs of the dev server skip time, each by a virtual clock of its own. */
export const timeSkippingFlags: readonly string[] = [
  'frontend.WorkflowTimeSkippingEnabled=true',
  'history.timerProcessorMaxTimeShift="10ms"',
];

// Now and then the server overlooks a fast-forward. It is asked for anew with what is left when the run has stood still for so long, and not while
// it lives: the server skips past a timer that is due and has not fired yet when it is told to skip at that moment.
const pollMs = 3_000;
// FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_COMPLETED; the enum itself is CommonJS that cannot be imported by name.
const completed = 2;

type SkippingConfig = temporal.api.common.v1.ITimeSkippingConfig;

/** Moves the virtual clock of single runs. Times are epoch milliseconds, durations milliseconds. */
export type TimeSkipping = {
  /** The run's own clock: real time until it skipped for the first time. */
  virtualNow(workflowId: string): Promise<number>;
  /** Lets the run live through that much virtual time; ends when it is there, at rest or not, or has closed. */
  fastForward(workflowId: string, ms: number): Promise<void>;
  /** Lets the run live until that virtual instant; nothing when it is past. */
  fastForwardTo(workflowId: string, atMs: number): Promise<void>;
  /** Lets the run skip on by itself, whenever it only waits, until it closes or `disable`. */
  run(workflowId: string): Promise<void>;
  /** Stops skipping: the run's clock goes on at the pace of real time from where it is. */
  disable(workflowId: string): Promise<void>;
};

/** Time skipping for runs of an ephemeral engine, started without skipping; a session that is used up is renewed. */
export function timeSkipping(client: Client, skipsPerSession = 10_000): TimeSkipping {
  const { namespace } = client.options;
  const service = client.workflowService;
  const target = (workflowId: string) => ({ namespace, workflowExecution: { workflowId } });

  const info = async (workflowId: string) => {
    const description = await client.workflow.getHandle(workflowId).describe();
    const { status, historyLength: events, raw } = description;
    return { closed: status.name !== 'RUNNING', events, ...raw.workflowExtendedInfo?.timeSkippingInfo };
  };
  const configure = async (workflowId: string, config: SkippingConfig) => {
    await service.updateWorkflowExecutionOptions({
      ...target(workflowId),
      updateMask: { paths: ['time_skipping_config'] },
      workflowExecutionOptions: { timeSkippingConfig: config },
    });
  };
  const virtualNow = async (workflowId: string) => nowOf(await info(workflowId));
  const poll = async (workflowId: string, fastForwardId: string) => {
    try {
      return await client.withDeadline(Date.now() + pollMs, () =>
        service.pollWorkflowExecutionTimeSkipping({ ...target(workflowId), fastForwardId }),
      );
    } catch (error) {
      // Whichever side gives the long poll up first names it in its own way.
      if (isGrpcDeadlineError(error) || isGrpcCancelledError(error)) return undefined;
      if (isGrpcServiceError(error) && (await info(workflowId)).closed) return undefined;
      throw error;
    }
  };
  const fastForwardTo = async (workflowId: string, atMs: number) => {
    for (;;) {
      const run = await info(workflowId);
      const left = atMs - nowOf(run);
      if (run.closed || left <= 0) return;
      const id = randomUUID();
      const forward = { id, duration: toDuration(left) };
      try {
        await configure(workflowId, {
          enabled: true,
          maxSessionSkipCount: skipsPerSession,
          fastForwardConfig: forward,
        });
      } catch (error) {
        if ((await info(workflowId)).closed) return;
        throw error;
      }
      for (let before: number | undefined; ;) {
        const answer = await poll(workflowId, id);
        if (answer?.fastForwardPollingResult === completed) return;
        const now = await info(workflowId);
        if (now.closed || (now.fastForwardInfo?.fastForwardId === id && now.fastForwardInfo.hasCompleted)) return;
        if (!now.effectiveConfig?.enabled || (answer === undefined && now.events === before)) break;
        if (answer?.failedReason) throw new Error(`run ${workflowId} cannot be fast-forwarded: ${answer.failedReason}`);
        before = now.events;
      }
    }
  };

  return {
    virtualNow,
    fastForwardTo,
    fastForward: async (workflowId, ms) => fastForwardTo(workflowId, (await virtualNow(workflowId)) + ms),
    run: (workflowId) => configure(workflowId, { enabled: true, maxSessionSkipCount: skipsPerSession }),
    disable: (workflowId) => configure(workflowId, { enabled: false }),
  };
}

function nowOf({ currentTime }: { currentTime?: Parameters<typeof toMs>[0] | null }): number {
  return currentTime ? toMs(currentTime) : Date.now();
}

function toMs(time: { seconds?: unknown; nanos?: number | null }): number {
  return Number(time.seconds ?? 0) * 1000 + (time.nanos ?? 0) / 1e6;
}

function toDuration(ms: number): { seconds: never; nanos: number } {
  return { seconds: Math.floor(ms / 1000) as never, nanos: Math.round((ms % 1000) * 1e6) };
}
