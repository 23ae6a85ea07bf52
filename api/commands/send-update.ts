import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcServiceError,
} from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Command, Refusal } from '../../workflows/contracts/commands.ts';
import type { CommandAnswer } from '../../workflows/contracts/journey.ts';
import { COMMAND_REFUSED, commandUpdate } from '../../workflows/messages.ts';

/** What the engine said. Only `applied` and `refused` are certain; after the others the command may still be applied. */
export type Sent =
  | { is: 'applied'; answer: CommandAnswer }
  | { is: 'refused'; refusal: Refusal }
  | { is: 'no-run' }
  | { is: 'unknown'; code: 'outcome-unknown' | 'engine-unavailable' | 'engine-paused' | 'no-worker' };

type Options = { client: Client; taskQueue: string; deadlineMs: number };

const UNAVAILABLE = 14;
const FAILED_PRECONDITION = 9;
/** A worker asks for work at least once a minute; who has not for longer is gone. */
const POLLER_MS = 75_000;

/** Sends a command as an Update whose id is the command's, and waits for the answer no longer than the deadline, less where nobody is there to give it. */
export async function sendUpdate(
  { client, taskQueue, deadlineMs }: Options,
  workflowId: string,
  command: Command,
): Promise<Sent> {
  const until = Date.now() + deadlineMs;
  const gone = new AbortController();
  let nobody: Promise<Sent | undefined> | undefined;
  const watch = setTimeout(
    () => {
      nobody = presence(client, taskQueue, Math.min(1500, deadlineMs / 2)).then((found) => {
        if (found === 'here') return undefined;
        gone.abort();
        return { is: 'unknown', code: found };
      });
    },
    Math.min(1000, deadlineMs / 3),
  );
  try {
    const handle = client.workflow.getHandle(workflowId);
    const answer = await client.withDeadline(until, () =>
      client.withAbortSignal(gone.signal, () =>
        handle.executeUpdate(commandUpdate, { args: [command], updateId: command.id }),
      ),
    );
    return { is: 'applied', answer };
  } catch (error) {
    const outcome = outcomeOf(error);
    return outcome.is === 'unknown' && outcome.code === 'outcome-unknown' ? ((await nobody) ?? outcome) : outcome;
  } finally {
    clearTimeout(watch);
  }
}

function outcomeOf(error: unknown): Sent {
  if (error instanceof WorkflowUpdateFailedError) {
    const { cause } = error;
    if (cause instanceof ApplicationFailure && cause.type === COMMAND_REFUSED)
      return { is: 'refused', refusal: cause.details![0] as Refusal };
    return { is: 'unknown', code: 'outcome-unknown' };
  }
  if (error instanceof WorkflowNotFoundError) return { is: 'no-run' };
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return { is: 'unknown', code: 'outcome-unknown' };
  const status = grpcCode(error);
  // It says so, too, of a run whose tasks fail and of one that has had too many commands.
  if (status === FAILED_PRECONDITION && /paused/i.test(detailsOf(error)))
    return { is: 'unknown', code: 'engine-paused' };
  if (status === UNAVAILABLE) return { is: 'unknown', code: 'engine-unavailable' };
  return { is: 'unknown', code: 'outcome-unknown' };
}

/** The status with which the engine answered a call that failed; undefined for any other error. */
export const grpcCode = (error: unknown): number | undefined => answered(error)?.code;

const detailsOf = (error: unknown): string => answered(error)?.details ?? '';

function answered(error: unknown) {
  if (isGrpcServiceError(error)) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  return isGrpcServiceError(cause) ? cause : undefined;
}

/** Whether the engine answers and a worker asks it for work on this queue. */
export async function presence(
  client: Client,
  taskQueue: string,
  deadlineMs: number,
): Promise<'here' | 'no-worker' | 'engine-unavailable'> {
  try {
    const { pollers } = await client.withDeadline(Date.now() + deadlineMs, () =>
      client.workflowService.describeTaskQueue({
        namespace: client.options.namespace,
        taskQueue: { name: taskQueue },
        taskQueueType: 1,
      }),
    );
    const alive = (pollers ?? []).some(
      (poller) => Date.now() - Number(poller.lastAccessTime?.seconds ?? 0) * 1000 < POLLER_MS,
    );
    return alive ? 'here' : 'no-worker';
  } catch {
    return 'engine-unavailable';
  }
}
