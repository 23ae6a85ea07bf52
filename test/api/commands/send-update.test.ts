import type { Client } from '@temporalio/client';
import { expect, it } from 'vitest';
import { sendUpdate } from '../../../api/commands/send-update.ts';

/** An engine that refuses an Update in these words. */
function refusing(code: number, details: string): Client {
  const cause = Object.assign(new Error(details), { code, details, metadata: {} });
  const refuse = () => Promise.reject(new Error('refused', { cause }));
  const through = (_bound: unknown, work: () => unknown) => work();
  return {
    withDeadline: through,
    withAbortSignal: through,
    workflow: { getHandle: () => ({ executeUpdate: refuse }) },
  } as unknown as Client;
}

it.each([
  [9, 'Workflow is paused. Cannot update the workflow.', 'engine-paused'],
  [9, 'Unable to perform workflow execution update due to Workflow Task in failed state.', 'outcome-unknown'],
  [14, 'No connection established', 'engine-unavailable'],
  [8, 'limit on number of concurrent in-flight updates has been reached (10)', 'outcome-unknown'],
])('says of status %i, %s: %s', async (code, details, word) => {
  const given = { client: refusing(code, details), taskQueue: 'none', deadlineMs: 10_000 };
  const command = { id: 'c', name: 'note' as const };
  expect(await sendUpdate(given, 'trial:acme', command)).toEqual({ is: 'unknown', code: word });
});
