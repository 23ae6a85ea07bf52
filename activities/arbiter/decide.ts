/**
 * Owns who may speak to an account at this moment.
 * Invariants: pure over loaded facts and policy; the rules are asked in one order and the first that objects decides;
 * every objection has a named reason; class `legal` passes a pause, holds, caps and hours, but never a stop, an exit or the consent law.
 */
import type { Channel, MessageClass } from '../../workflows/contracts/playbook.ts';
import type { ArbiterFacts, Recipient, Verdict } from './facts.ts';
import { nextOpening } from './next-opening.ts';
import type { ArbiterPolicy } from './policy.ts';

type Objection = Exclude<Verdict, { is: 'go' }>;
type Rule = (facts: ArbiterFacts, policy: ArbiterPolicy) => Objection | undefined;

const RULES: Rule[] = [stops, journey, account, personHolds, consent, accountHolds, surveys, caps, hours];

/** Whether a touch may happen now; the first rule that objects decides. */
export function decide(facts: ArbiterFacts, policy: ArbiterPolicy): Verdict {
  for (const rule of RULES) {
    const objection = rule(facts, policy);
    if (objection) return objection;
  }
  return { is: 'go' };
}

/** A check only measures, a milestone is only reached and a checklist only kept: none of them speaks to anybody. */
const speaks = (f: ArbiterFacts) => f.kind !== 'check' && f.kind !== 'checklist' && f.kind !== 'milestone';
const reaches = (f: ArbiterFacts) => f.kind === 'message' || f.kind === 'offer' || f.kind === 'survey';
const isStaffWork = (f: ArbiterFacts) => f.kind === 'task' || f.kind === 'meeting';
const isLegal = (f: ArbiterFacts) => f.class === 'legal';
const by = (f: ArbiterFacts, ms: number, until: number | null) => Math.min(f.now + ms, until ?? Infinity);

function stops(f: ArbiterFacts, policy: ArbiterPolicy): Objection | undefined {
  if (!speaks(f)) return undefined;
  const stop = f.stops.find(
    (s) =>
      s.scope === 'global' ||
      (s.scope === 'playbook' && s.target === f.playbook) ||
      (reaches(f) && s.scope === 'channel' && s.target === f.channel) ||
      (reaches(f) && s.scope === 'provider' && s.target === f.provider),
  );
  if (!stop) return undefined;
  const details = { stop: stop.id, scope: stop.scope, target: stop.target };
  if (stop.circuit)
    return {
      is: 'held',
      hold: `provider:${stop.target}`,
      recheck: f.now + policy.providerRecheckMs,
      reason: 'provider-unavailable',
      details,
    };
  return {
    is: 'held',
    hold: `stop:${stop.id}`,
    // Not by its `until`: it holds back many, who are woken at the set rate then and not all at once.
    recheck: f.now + policy.recheckMs,
    reason: 'stopped',
    details,
  };
}

function journey(f: ArbiterFacts, policy: ArbiterPolicy): Objection | undefined {
  if (f.flag === 'exited') return { is: 'dropped', reason: 'journey-exited', details: {} };
  if (f.flag === null || (f.flag === 'paused' && isLegal(f))) return undefined;
  // An end that is refused lets go what it held back, as a pause does.
  const [until, reason] = f.flag === 'paused' ? [f.pausedUntil, 'paused'] : [null, 'journey-exited'];
  return { is: 'held', hold: 'paused', recheck: by(f, policy.pausedRecheckMs, until), reason, details: {} };
}

function account(f: ArbiterFacts): Objection | undefined {
  return f.account === 'open' ? undefined : { is: 'dropped', reason: `account-${f.account}`, details: {} };
}

function personHolds(f: ArbiterFacts, policy: ArbiterPolicy): Objection | undefined {
  if (!speaks(f) || isLegal(f)) return undefined;
  const hold = f.holds.find((h) => h.level === 'person' && concerns(h, f.recipient));
  if (!hold) return undefined;
  return {
    is: 'held',
    hold: `hold:${hold.id}`,
    recheck: by(f, policy.recheckMs, hold.until),
    reason: 'on-hold',
    details: { hold: hold.id },
  };
}

const concerns = (hold: { contactId: string | null }, recipient: Recipient | null) =>
  hold.contactId === null || hold.contactId === recipient?.contactId;

const nobody: Record<Channel, string> = {
  email: 'no-contact-with-email',
  sms: 'no-contact-with-phone',
  'in-app': 'no-contact',
};

function consent(f: ArbiterFacts): Objection | undefined {
  if (!reaches(f) || !f.channel) return undefined;
  if (!f.recipient) return { is: 'skipped', reason: nobody[f.channel], details: { channel: f.channel } };
  const details = { channel: f.channel, contact: f.recipient.contactId };
  if (f.channel === 'sms' && f.recipient.consent !== true) return { is: 'skipped', reason: 'no-sms-consent', details };
  const all = f.recipient.suppressed.find((s) => s.scope === 'all');
  if (all) return { is: 'skipped', reason: suppressedReason(all.reason), details };
  if (f.class !== 'marketing') return undefined;
  if (f.recipient.suppressed.length > 0 || f.recipient.consent === false)
    return { is: 'skipped', reason: 'unsubscribed', details };
  return undefined;
}

function suppressedReason(reason: string): string {
  if (reason === 'hard-bounce') return 'suppressed-hard-bounce';
  if (reason === 'complaint') return 'suppressed-complaint';
  return 'suppressed';
}

function accountHolds(f: ArbiterFacts, policy: ArbiterPolicy): Objection | undefined {
  if (!speaks(f) || isLegal(f)) return undefined;
  const rank = (level: string) =>
    policy.levels.includes(level) ? policy.levels.indexOf(level) : policy.levels.length - 1;
  const own = f.level ?? policy.levelOf[f.journeyKind] ?? policy.levels.at(-1)!;
  const above = f.holds
    .filter((h) => standsAgainst(f, h) && rank(h.level) < rank(own))
    .filter((h) => !isStaffWork(f) || !policy.staffWorksDuring.includes(h.level))
    .sort((a, b) => rank(a.level) - rank(b.level))[0];
  if (!above) return undefined;
  const details = { hold: above.id, level: above.level, own };
  if ((f.outranked ?? policy.outranked) === 'drop') return { is: 'dropped', reason: 'outranked', details };
  return waitFor(f, policy, above, 'outranked', details);
}

type Hold = ArbiterFacts['holds'][number];

const standsAgainst = (f: ArbiterFacts, h: Hold) =>
  h.level !== 'person' && !f.passes?.includes(h.level) && concerns(h, f.recipient);

const waitFor = (
  f: ArbiterFacts,
  policy: ArbiterPolicy,
  hold: Hold,
  reason: string,
  details: Record<string, unknown>,
): Objection => ({
  is: 'held',
  hold: `hold:${hold.id}`,
  recheck: by(f, policy.recheckMs, hold.until),
  reason,
  details,
});

/** Nobody is asked how it goes while it goes badly, nor more often than the policy allows. */
function surveys(f: ArbiterFacts, policy: ArbiterPolicy): Objection | undefined {
  if (f.kind !== 'survey') return undefined;
  const { days, silentDuring, silent } = policy.surveys;
  const hold = f.holds.find((h) => standsAgainst(f, h) && silentDuring.includes(h.level));
  if (hold) {
    const details = { hold: hold.id, level: hold.level };
    if (silent === 'skip') return { is: 'skipped', reason: 'bad-time-to-ask', details };
    return waitFor(f, policy, hold, 'bad-time-to-ask', details);
  }
  if (!f.recipient?.surveyed) return undefined;
  return { is: 'skipped', reason: 'survey-fatigue', details: { days, contact: f.recipient.contactId } };
}

/** The caps that count for a touch, in the policy's order. */
export function capsFor(policy: ArbiterPolicy, touch: { channel?: Channel | null; class: string }) {
  return policy.caps.filter((c) => c.channel === touch.channel && c.class === touch.class);
}

function caps(f: ArbiterFacts, policy: ArbiterPolicy): Objection | undefined {
  if (!reaches(f) || f.class === 'service' || isLegal(f)) return undefined;
  const over = capsFor(policy, f).find((cap, i) => (f.recipient?.sent[i] ?? 0) >= cap.limit);
  if (!over) return undefined;
  const { channel, limit, days } = over;
  return {
    is: 'skipped',
    reason: 'frequency-cap',
    details: { channel, class: f.class, limit, days, contact: f.recipient!.contactId },
  };
}

const BOUND_BY_HOURS: MessageClass[] = ['transactional', 'marketing'];

function hours(f: ArbiterFacts, policy: ArbiterPolicy): Objection | undefined {
  if (!reaches(f) || !f.channel || !f.recipient) return undefined;
  const open = policy.hours[f.channel];
  if (!open || !(open.classes ?? BOUND_BY_HOURS).includes(f.class)) return undefined;
  const opening = nextOpening(f.now, f.recipient.zone, open);
  if (opening === undefined) return undefined;
  const details = { channel: f.channel, from: open.from, to: open.to, zone: f.recipient.zone };
  return { is: 'held', hold: 'quiet-hours', recheck: opening, reason: 'quiet-hours', details };
}
