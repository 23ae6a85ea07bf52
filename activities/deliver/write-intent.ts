import { randomUUID } from 'node:crypto';
import type { Tx } from '../../db/database.ts';
import { intendMessage, retryMessage } from '../../db/queries/ledger/intend-message.ts';
import type { ContactRow } from '../../db/queries/touches/load-touch.ts';
import type { MessageRow } from '../../db/schema/index.ts';
import type { Scope } from '../../playbooks/cel/scope.ts';
import type { DeliverInput } from '../../workflows/contracts/journey.ts';
import { messageIdFor } from '../email/message-id.ts';
import { LEASE_MS, ledgerKey } from '../ledger/ledger.ts';
import { compose } from './compose.ts';
import type { StepContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { addressOf } from './recipient.ts';
import type { Going, Reserved } from './reserve.ts';
import { providerOf } from './send.ts';
import { troubleWith } from './without-sending.ts';

type ToWrite = {
  going: Going;
  contact: ContactRow;
  scope: Scope;
  existing: MessageRow | undefined;
  /** An automatic stop of a provider stands: a success will end it. */
  probes: boolean;
};

/** Reserves the message: words, recipient and address are frozen in the ledger from the first attempt on. */
export async function writeIntent(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  now: number,
  w: ToWrite,
): Promise<Reserved> {
  const channel = c.step.channel ?? 'email';
  const lease = { leaseUntil: new Date(now + LEASE_MS), provider: providerOf(deps, channel) };
  if (w.existing) {
    const row = await retryMessage(tx, w.existing.id, { ...lease, attempt: w.existing.attempt + 1 });
    return { t: 'send', context: c, row, probes: w.probes };
  }
  const zone = w.contact.timeZone ?? w.scope.account.timeZone ?? deps.settings.systemZone;
  let composed;
  try {
    const template = w.going.template ?? c.spec.template ?? '';
    const words = { template, data: w.going.data, scope: w.scope };
    composed = await compose(tx, deps.settings, c, { contact: w.contact, channel, zone }, words);
  } catch (error) {
    return { t: 'outcome', outcome: await troubleWith(tx, c, input, now, error) };
  }
  const key = { journeyId: input.journeyId, step: input.step, n: input.n, contactId: w.contact.id, channel };
  const row = await intendMessage(tx, {
    ...key,
    ...composed,
    ...lease,
    id: randomUUID(),
    accountId: c.journey.accountId,
    class: c.step.class,
    state: 'intended',
    attempt: 1,
    to: addressOf(w.contact, channel),
    variant: w.going.variant ?? null,
    offer: w.going.offer ?? c.spec.offer ?? null,
    messageId: messageIdFor(ledgerKey(key), domainOf(deps.settings.mailFrom)),
    countsForCap: true,
    intendedAt: new Date(now),
  });
  return { t: 'send', context: c, row, probes: w.probes };
}

const domainOf = (mailbox: string): string => /@([^\s>]+)/.exec(mailbox)?.[1] ?? 'localhost';
