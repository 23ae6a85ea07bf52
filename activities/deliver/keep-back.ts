import type { Tx } from '../../db/database.ts';
import type { DeliverInput } from '../../workflows/contracts/journey.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';
import type { Verdict } from '../arbiter/facts.ts';
import { raiseTask } from '../tasks/raise-task.ts';
import type { StepContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { UNREACHABLE } from './record.ts';

/** A legal notice that can reach nobody is asked about again every day until its span closes: somebody may become reachable. */
export const untilReachable = (c: StepContext, verdict: Exclude<Verdict, { is: 'go' }>, now: number): typeof verdict =>
  c.spec.notice && c.turn === undefined && verdict.is === 'skipped'
    ? { ...verdict, is: 'held', hold: UNREACHABLE, recheck: now + DAY_MS }
    : verdict;

/** A legal notice that does not leave may miss its date: a person is told at once. */
export async function alarmKeptBack(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  now: number,
  reason: string,
): Promise<void> {
  const { journeyId, step, n } = input;
  deps.log.error({ journey: journeyId, step, reason }, 'a legal notice is kept back');
  await raiseTask(tx, {
    ...{ journeyId, step, n, now, owner: input.state.owner, accountId: c.journey.accountId },
    what: 'legal-kept-back',
    title: `“${c.spec.title}” is kept back`,
    instructions: `The legal notice ${step} of ${c.playbook.id} v${c.journey.version} did not leave (${reason}). See to it that it reaches the customer in its time.`,
  });
}
