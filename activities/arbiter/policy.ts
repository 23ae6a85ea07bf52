import { RELEASE_PER_SECOND } from '../../db/queries/waiters/release-waiters.ts';
import type { Channel, MessageClass } from '../../workflows/contracts/playbook.ts';

/** At most `limit` messages of a class on a channel to one contact in any `days` (rolling). */
export type Cap = { channel: Channel; class: MessageClass; limit: number; days: number };

/** Local hours `[from, to)` in which a channel may speak; `classes` names whom it binds (missing: all but service and legal). */
export type SpeakingHours = { from: string; to: string; classes?: MessageClass[] };

/** Who may speak when, as configuration: no figure of it is in code. Times in ms unless said. */
export type ArbiterPolicy = {
  /** Levels of account-wide holds, highest first. */
  levels: string[];
  /** The level at which a kind of journey speaks; what no entry names speaks at the lowest. */
  levelOf: Record<string, string>;
  /** What a touch does that a higher level outranks, where its playbook does not say. */
  outranked: 'wait' | 'drop';
  /** Levels of holds that keep nobody of the staff from a task or a meeting: only what reaches the customer waits. */
  staffWorksDuring: string[];
  /** At most one survey a contact in any `days` (rolling); none while a hold of one of these levels stands, which it waits out or is skipped by. */
  surveys: { days: number; silentDuring: string[]; silent: 'wait' | 'skip' };
  caps: Cap[];
  hours: Partial<Record<Channel, SpeakingHours>>;
  /** The longest wait before a held touch is looked at again. */
  recheckMs: number;
  pausedRecheckMs: number;
  providerRecheckMs: number;
  /** How long a dead provider is left alone before one touch tries it again. */
  probeAfterMs: number;
  /** First wait after a refusal for now or a doubt that may be repeated; it doubles up to `retryAtMostMs`. */
  retryAfterMs: number;
  retryAtMostMs: number;
  /** How many touches a second a released hold or stop wakes. */
  releasePerSecond: number;
};

/** SMS hours are the TCPA's, which binds what solicits: service and legal word, which is asked for, comes at any hour. The caps leave the timetables of both trials untouched. */
export const defaultPolicy: ArbiterPolicy = {
  levels: [
    'billing-pause',
    'sev1',
    'cancellation',
    'dunning',
    'churn-save',
    'support-negative',
    'churn-watch',
    'renewal',
    'onboarding',
    'campaign',
  ],
  levelOf: {
    trial: 'onboarding',
    onboarding: 'onboarding',
    renewal: 'renewal',
    'churn-save': 'churn-save',
    'platform-incident': 'sev1',
    'business-incident': 'sev1',
  },
  outranked: 'wait',
  staffWorksDuring: ['sev1'],
  surveys: { days: 30, silentDuring: ['sev1', 'support-negative'], silent: 'wait' },
  caps: [
    { channel: 'email', class: 'marketing', limit: 5, days: 7 },
    { channel: 'sms', class: 'marketing', limit: 3, days: 7 },
  ],
  hours: { sms: { from: '08:00', to: '21:00', classes: ['transactional', 'marketing'] } },
  recheckMs: 24 * 3_600_000,
  pausedRecheckMs: 5 * 60_000,
  providerRecheckMs: 15 * 60_000,
  probeAfterMs: 30_000,
  retryAfterMs: 60_000,
  retryAtMostMs: 15 * 60_000,
  releasePerSecond: RELEASE_PER_SECOND,
};

const RANK: Record<MessageClass, number> = { legal: 0, service: 1, transactional: 2, marketing: 3 };

/** The order in which touches that waited are woken: legal first, marketing last. */
export const rankOf = (messageClass: MessageClass): number => RANK[messageClass];
