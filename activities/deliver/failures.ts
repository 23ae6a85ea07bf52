import { CancelledFailure } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { TenureError } from '../../workflows/contracts/errors.ts';

/** Ends this attempt; the next one comes after so many ms. `code` names why, for people who look at the run. */
export function tryAgain(code: string, afterMs: number, detail = 'will be tried again'): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message: detail,
    nextRetryDelay: Math.max(1, Math.ceil(afterMs)),
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** Runs an activity's work; whatever it throws leaves as a failure with a code, and without a word of data. */
export async function withCodes<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApplicationFailure || error instanceof CancelledFailure) throw error;
    if (error instanceof TenureError) throw ApplicationFailure.create({ type: error.code, message: error.message });
    if (isDatabaseError(error))
      throw ApplicationFailure.create({
        type: 'database-unavailable',
        message: `the database refused (${codeOf(error)})`,
      });
    throw ApplicationFailure.create({ type: 'internal', message: `unexpected ${(error as Error)?.name ?? 'error'}` });
  }
}

/** Whether an error came from the database or the way to it: the work may be repeated. */
export function isDatabaseError(error: unknown): boolean {
  return codeOf(error) !== 'unknown';
}

/** Whether an error came from a database that was away, too busy or in the way of another: the same work may pass the next time. */
export function mayPass(error: unknown): boolean {
  return /^(08|25P03|40|53|55|57|E|CONNECT|query)/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  for (let e = error as { code?: unknown; name?: string; cause?: unknown } | undefined; e; e = e.cause as typeof e) {
    if (typeof e.code === 'string' && /^([0-9A-Z]{5}|E[A-Z]+|CONNECT[A-Z_]*|CONNECTION_[A-Z_]+)$/.test(e.code))
      return e.code;
    if (e.name === 'DrizzleQueryError' && !e.cause) return 'query';
  }
  return 'unknown';
}
