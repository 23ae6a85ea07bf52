import type { Tx } from '../../db/database.ts';
import { addressHash } from '../../db/queries/contacts/address-hash.ts';
import { CIRCUIT } from '../../db/queries/holds/circuit.ts';
import { ofJourney } from '../../db/queries/holds/journey-hold.ts';
import { loadRecipient } from '../../db/queries/touches/load-touch.ts';
import { surveyedSince } from '../../db/queries/surveys/open-survey.ts';
import type { ContactRow, TouchFacts } from '../../db/queries/touches/load-touch.ts';
import type { MessageRow } from '../../db/schema/index.ts';
import { capsFor } from '../arbiter/decide.ts';
import type { ArbiterFacts, Recipient } from '../arbiter/facts.ts';
import type { Channel } from '../../workflows/contracts/playbook.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';
import type { StepContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { addressOf, chooseRecipient, roleOf } from './recipient.ts';
import { providerOf } from './send.ts';

/** Loads what the arbiter looks at, and whom the step would tell: the one that an earlier attempt chose, if there was one. */
export async function factsOf(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  loaded: TouchFacts,
  existing: MessageRow | undefined,
  now: number,
): Promise<{ facts: ArbiterFacts; contact: ContactRow | undefined }> {
  const channel = channelOf(c);
  const contact = channel === null ? undefined : whom(loaded.contacts, c, channel, existing);
  const account = loaded.account!;
  const facts: ArbiterFacts = {
    now,
    kind: c.step.kind,
    class: c.step.class,
    channel,
    provider: channel === null ? null : providerOf(deps, channel),
    playbook: c.playbook.id,
    journeyKind: c.journey.kind,
    level: c.level,
    outranked: c.playbook.arbiter?.outranked,
    passes: c.spec.passes,
    // An automatic stop stays until a probe got through, a person's until its time.
    stops: loaded.stops
      .map((s) => ({
        id: s.id,
        scope: s.scope,
        target: s.target,
        until: s.until?.getTime() ?? null,
        circuit: s.by === CIRCUIT,
      }))
      .filter((s) => s.circuit || s.until === null || s.until > now),
    flag: flagOf(c),
    pausedUntil: c.journey.pausedUntil?.getTime() ?? null,
    account: account.erasedAt ? 'erased' : account.closedAt ? 'closed' : 'open',
    // What the journey itself holds back is everybody else.
    holds: loaded.holds
      .filter((h) => h.by !== ofJourney(c.journey.id))
      .map((h) => ({ id: h.id, contactId: h.contactId, level: h.level, until: h.until?.getTime() ?? null })),
    recipient:
      contact && channel ? await recipientOf(tx, deps, c, channel, contact, account.timeZone, existing, now) : null,
  };
  return { facts, contact };
}

function flagOf({ hadEnded, journey: { stopFlag, stopCommand } }: StepContext): ArbiterFacts['flag'] {
  if (hadEnded) return 'exited';
  return stopFlag === 'exited' && stopCommand !== null ? 'exiting' : (stopFlag as ArbiterFacts['flag']);
}

/** The channel of a step that reaches a contact; null for any other. */
export function channelOf(c: StepContext): Channel | null {
  const reaches = c.step.kind === 'message' || c.step.kind === 'offer' || c.step.kind === 'survey';
  return reaches ? (c.step.channel ?? 'email') : null;
}

function whom(contacts: ContactRow[], c: StepContext, channel: Channel, existing: MessageRow | undefined) {
  const chosen = c.turn ?? existing?.contactId;
  if (chosen === undefined) return chooseRecipient(contacts, roleOf(c.spec), channel);
  return contacts.find((one) => one.id === chosen && one.removedAt === null && addressOf(one, channel));
}

async function recipientOf(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  channel: Channel,
  contact: ContactRow,
  accountZone: string,
  existing: MessageRow | undefined,
  now: number,
): Promise<Recipient> {
  const { policy, secret, systemZone } = deps.settings;
  const address = existing?.to ?? addressOf(contact, channel)!;
  const hash = channel === 'in-app' ? null : addressHash(channel, address, secret);
  const [said, surveyed] = await Promise.all([
    loadRecipient(tx, {
      contactId: contact.id,
      channel,
      addressHash: hash,
      class: c.step.class,
      since: capsFor(policy, c.step).map((cap) => new Date(now - cap.days * DAY_MS)),
      except: existing?.id,
    }),
    c.step.kind === 'survey' &&
      surveyedSince(tx, {
        contactId: contact.id,
        journeyId: c.journey.id,
        since: new Date(now - policy.surveys.days * DAY_MS),
      }),
  ]);
  const zone = contact.timeZone ?? accountZone ?? systemZone;
  return { contactId: contact.id, ...said, zone, ...(surveyed ? { surveyed } : {}) };
}
