import type { Channel, MessageClass, StepKind } from '../../workflows/contracts/playbook.ts';
import type { Instant } from '../../workflows/contracts/time.ts';

/** Who would be told, as far as the arbiter looks: no address, no name. */
export type Recipient = {
  contactId: string;
  /** null: nothing was ever said about it. */
  consent: boolean | null;
  suppressed: { scope: string; reason: string }[];
  zone: string;
  /** Sent in the window of each cap of the policy that fits, in the policy's order. */
  sent: number[];
  /** For a survey: whether the contact had one within the policy's days. */
  surveyed?: boolean;
};

/** All that the arbiter looks at, loaded under the account's gate. */
export type ArbiterFacts = {
  now: Instant;
  kind: StepKind;
  class: MessageClass;
  channel: Channel | null;
  provider: string | null;
  playbook: string;
  journeyKind: string;
  /** What the playbook says instead of the policy: its level among others, and what it does when outranked. */
  level?: string | undefined;
  outranked?: 'wait' | 'drop' | undefined;
  /** Levels of account-wide holds that do not hold the step back. */
  passes?: string[] | undefined;
  stops: { id: string; scope: string; target: string | null; until: Instant | null; circuit: boolean }[];
  /** `exiting`: staff have asked for its end, and the run has not answered yet. */
  flag: 'paused' | 'exiting' | 'exited' | null;
  pausedUntil: Instant | null;
  account: 'open' | 'closed' | 'erased';
  holds: { id: string; contactId: string | null; level: string; until: Instant | null }[];
  /** null: a step that reaches no contact, or nobody who has the channel. */
  recipient: Recipient | null;
};

/** What the arbiter says; `hold` is what the touch waits on, `details` the rule and its figures, without personal data. */
export type Verdict =
  | { is: 'go' }
  | { is: 'held'; hold: string; recheck: Instant; reason: string; details: Record<string, unknown> }
  | { is: 'skipped' | 'dropped'; reason: string; details: Record<string, unknown> };
