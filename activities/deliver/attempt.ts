import { CancelledFailure, Context } from '@temporalio/activity';
import type { SendResult } from '../ports.ts';
import type { JourneyDeps } from './deps.ts';

/** What a provider answered about a ledger row; heartbeated when the database cannot take it, so that the next attempt can write it. */
export type Receipt = {
  message: string;
  attempt: number;
  result: SendResult;
  at: number;
  /** The one of several recipients that it is about. */
  turn?: string;
};

/** One attempt of an activity: its clock, its recall, and what an earlier attempt left behind. */
export type Attempt = {
  now(): number;
  signal: AbortSignal;
  receipt: Receipt | undefined;
  leave(receipt: Receipt): void;
  probe(point: string): Promise<void>;
};

/** Reads the attempt that this code runs in; a receipt left by an earlier one is left again, so that it is not lost. */
export function currentAttempt(deps: JourneyDeps, clockShift: number): Attempt {
  const context = Context.current();
  const left = context.info.heartbeatDetails as Receipt | undefined;
  if (left) context.heartbeat(left);
  return {
    now: () => deps.clock(clockShift),
    signal: context.cancellationSignal,
    receipt: left,
    leave: (receipt) => context.heartbeat(receipt),
    probe: deps.probe ?? (() => Promise.resolve()),
  };
}

/** Ends the attempt when it was recalled. */
export function throwIfRecalled(signal: AbortSignal): void {
  if (signal.aborted) throw new CancelledFailure('recalled before anything left');
}
