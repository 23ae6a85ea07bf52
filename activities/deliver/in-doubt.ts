import type { Tx } from '../../db/database.ts';
import { settleMessage } from '../../db/queries/ledger/settle-message.ts';
import type { MessageRow } from '../../db/schema/index.ts';
import type { DeliverInput, DeliverOutcome } from '../../workflows/contracts/journey.ts';
import { raiseTask } from '../tasks/raise-task.ts';
import { afterSent } from './after-sent.ts';
import type { StepContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { say, sentOutcome, staysOpen } from './record.ts';

/** A message of which nobody can say whether it left: not sent again, taken as sent, counted against the cap, and given to a person. */
export async function settleInDoubt(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  row: MessageRow,
  doubt: { now: number; code: string },
): Promise<DeliverOutcome> {
  const { now, code } = doubt;
  if (!(await settleMessage(tx, row.id, { state: 'in-doubt', error: code }))) return sentOutcome(c, row);
  await raiseTask(tx, {
    journeyId: input.journeyId,
    accountId: c.journey.accountId,
    step: input.step,
    n: input.n,
    what: 'in-doubt',
    of: c.turn,
    title: `Did “${c.spec.title}” reach the customer?`,
    instructions: `Message ${row.id} by ${row.provider} was handed over and never answered (${code}). Look it up there by ${row.messageId} and say what became of it; it will not be sent again by itself.`,
    owner: input.state.owner,
    now,
  });
  await afterSent(tx, deps.crm, c, input, { now, offer: row.offer, contactId: row.contactId });
  const { template, variant, offer } = row;
  const details = { message: row.id, provider: row.provider, contact: row.contactId, code, opens: staysOpen(c, offer) };
  await say(tx, c, input, now, { outcome: 'sent', reason: 'in-doubt', template, variant, offer, details });
  deps.log.warn({ journey: input.journeyId, step: input.step, message: row.id, code }, 'a message is in doubt');
  return sentOutcome(c, row);
}
