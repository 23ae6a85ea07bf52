import { setTimeout as delay } from 'node:timers/promises';

type Doing = {
  work: () => Promise<void>;
  /** Until the next round. */
  rest: () => Promise<unknown>;
  signal: AbortSignal;
  /** Told of every failure, with its number in a row from 1. */
  onFailure: (error: unknown, failures: number, waitMs: number) => void;
  /** ms to wait after that failure; default a quarter of a second, longer each time, ten seconds at most. */
  waitMs?: (error: unknown, failures: number) => number;
};

/** Waits after a first, second, … failure in a row, ms; the last one stands for all that follow. */
const BACK_OFF_MS = [250, 500, 1_000, 2_000, 5_000, 10_000];

/** How long to wait after so many failures in a row, ms. */
export const backOffMs = (failures: number): number => BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length) - 1]!;

/** A wait that ends early when it is told to stop. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);

/** Does something again and again until it is told to stop; what fails is tried again, later each time. */
export async function keepDoing({ work, rest, signal, onFailure, waitMs }: Doing): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    try {
      await work();
      failures = 0;
      await rest();
    } catch (error) {
      failures++;
      const wait = waitMs?.(error, failures) ?? backOffMs(failures);
      onFailure(error, failures, wait);
      await pause(wait, signal);
    }
  }
}
