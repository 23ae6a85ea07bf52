import { randomUUID } from 'node:crypto';
import type { Tx } from '../../db/database.ts';
import { intendMessage, retryMessage } from '../../db/queries/ledger/intend-message.ts';
import type { ContactRow } from '../../db/queries/touches/load-touch.ts';
import type { MessageRow } from '../../db/schema/index.ts';
import type { Scope } from '../../playbooks/cel/scope.ts';
import type { DeliverInput } from '../../workflows/contracts/journey.ts';
import { durationMs } from '../../workflows/contracts/time.ts';
import { domainOf, messageIdFor } from '../email/message-id.ts';
import { LEASE_MS, ledgerKey } from '../ledger/ledger.ts';
import { compose } from './compose.ts';
import { configOf, resolveTerm } from './config.ts';
import type { StepContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { noticeSpan } from './notice-span.ts';
import { addressOf } from './recipient.ts';
import type { Going, Reserved } from './reserve.ts';
import { providerOf } from './send.ts';
import { troubleWith } from './without-sending.ts';

export type ToWrite = {
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
  const lease = { leaseUntil: new Date(now + LEASE_MS), provider: providerOf(deps, c.step.channel ?? 'email') };
  if (w.existing) {
    const row = await retryMessage(tx, w.existing.id, { ...lease, attempt: w.existing.attempt + 1 });
    return { t: 'send', context: c, row, probes: w.probes };
  }
  const row = await write(tx, deps, c, input, now, w, { ...lease, state: 'intended', attempt: 1, countsForCap: true });
  return 't' in row ? row : { t: 'send', context: c, row, probes: w.probes };
}

/** Freezes the message without the right to send it: somebody has to approve it. */
export function writeDraft(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  now: number,
  w: ToWrite,
): Promise<MessageRow | Reserved> {
  const { by, within } = c.spec.approval!;
  const until = now + durationMs(String(resolveTerm(configOf(c), within)));
  return write(tx, deps, c, input, now, w, {
    state: 'draft',
    attempt: 0,
    countsForCap: false,
    provider: providerOf(deps, c.step.channel ?? 'email'),
    approvalBy: by,
    approvalUntil: new Date(until),
  });
}

type Standing = Pick<MessageRow, 'state' | 'attempt' | 'countsForCap' | 'provider'> &
  Partial<Pick<MessageRow, 'leaseUntil' | 'approvalBy' | 'approvalUntil'>>;

async function write(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  now: number,
  w: ToWrite,
  standing: Standing,
): Promise<MessageRow | Reserved> {
  const channel = c.step.channel ?? 'email';
  const zone = w.contact.timeZone ?? w.scope.account.timeZone ?? deps.settings.systemZone;
  let composed;
  try {
    const template = w.going.template ?? c.spec.template ?? '';
    const words = { template, data: w.going.data, scope: w.scope };
    composed = await compose(tx, deps.settings, c, { contact: w.contact, channel, zone, n: input.n }, words);
  } catch (error) {
    return { t: 'outcome', outcome: await troubleWith(tx, c, input, now, error) };
  }
  const key = { journeyId: input.journeyId, step: input.step, n: input.n, contactId: w.contact.id, channel };
  return intendMessage(tx, {
    ...key,
    ...composed,
    ...standing,
    id: randomUUID(),
    accountId: c.journey.accountId,
    class: c.step.class,
    to: addressOf(w.contact, channel),
    variant: w.going.variant ?? null,
    offer: w.going.offer ?? c.spec.offer ?? null,
    messageId: messageIdFor(ledgerKey(key), domainOf(deps.settings.mailFrom)),
    intendedAt: new Date(now),
    notice: noticeSpan(c, input),
  });
}
