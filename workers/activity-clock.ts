import { activityInfo } from '@temporalio/activity';
import { shiftedNow } from '../workflows/contracts/time.ts';

/**
 * What time it is for an attempt of an activity, in ms: real time, and in a rehearsal (a run whose clock is shifted)
 * the virtual time at which the attempt was scheduled.
 */
export function activityClock(clockShift: number): number {
  return shiftedNow(clockShift === 0 ? Date.now() : activityInfo().currentAttemptScheduledTimestampMs, clockShift);
}
