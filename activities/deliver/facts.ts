import type { Tx } from '../../db/database.ts';
import { addressHash } from '../../db/queries/contacts/address-hash.ts';
import { CIRCUIT } from '../../db/queries/holds/circuit.ts';
import { countForCap } from '../../db/queries/ledger/count-for-cap.ts';
import { loadRecipient } from '../../db/queries/touches/load-touch.ts';
import type { ContactRow, TouchFacts } from '../../db/queries/touches/load-touch.ts';
import type { MessageRow } from '../../db/schema/index.ts';
import { capsFor } from '../arbiter/decide.ts';
import type { ArbiterFacts, Recipient } from '../arbiter/facts.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';
import type { StepContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { addressOf, chooseRecipient } from './recipient.ts';
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
  const channel = c.step.kind === 'message' || c.step.kind === 'offer' ? (c.step.channel ?? 'email') : null;
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
    flag: c.hadEnded ? 'exited' : (c.journey.stopFlag as ArbiterFacts['flag']),
    pausedUntil: c.journey.pausedUntil?.getTime() ?? null,
    account: account.erasedAt ? 'erased' : account.closedAt ? 'closed' : 'open',
    holds: loaded.holds.map((h) => ({
      id: h.id,
      contactId: h.contactId,
      level: h.level,
      until: h.until?.getTime() ?? null,
    })),
    recipient:
      contact && channel ? await recipientOf(tx, deps, c, channel, contact, account.timeZone, existing, now) : null,
  };
  return { facts, contact };
}

function whom(
  contacts: ContactRow[],
  c: StepContext,
  channel: 'email' | 'sms' | 'in-app',
  existing: MessageRow | undefined,
) {
  if (!existing) return chooseRecipient(contacts, c.spec.to, channel);
  return contacts.find((one) => one.id === existing.contactId && one.removedAt === null && addressOf(one, channel));
}

async function recipientOf(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  channel: 'email' | 'sms' | 'in-app',
  contact: ContactRow,
  accountZone: string,
  existing: MessageRow | undefined,
  now: number,
): Promise<Recipient> {
  const { policy, secret, systemZone } = deps.settings;
  const address = existing?.to ?? addressOf(contact, channel)!;
  const hash = channel === 'in-app' ? null : addressHash(channel, address, secret);
  const [said, sent] = await Promise.all([
    loadRecipient(tx, { contactId: contact.id, channel, addressHash: hash }),
    Promise.all(
      capsFor(policy, c.step).map((cap) =>
        countForCap(tx, {
          contactId: contact.id,
          channel,
          class: c.step.class,
          since: new Date(now - cap.days * DAY_MS),
          ...(existing ? { except: existing.id } : {}),
        }),
      ),
    ),
  ]);
  return { contactId: contact.id, ...said, zone: contact.timeZone ?? accountZone ?? systemZone, sent };
}
