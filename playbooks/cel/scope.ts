import type { ConfigValue } from '../../workflows/contracts/playbook.ts';
import type { Instant } from '../../workflows/contracts/time.ts';

/** An offer as expressions see it: `$config` resolved. */
export type OfferTerms = { id: string; title: string; terms: Record<string, ConfigValue>; expiresAt: Instant | null };

/** Everything an expression may read, as its caller has it: instants in ms, absent facts and metrics simply missing. */
export type Scope = {
  account: { id: string; name: string; plan: string; timeZone: string; industry?: string | null };
  facts: Record<string, unknown>;
  /** Newest value of each metric. */
  metrics: Record<string, number>;
  /** When each flag was set: `state.flags`. */
  flags: Record<string, Instant>;
  /** The playbook's figures with the journey's options: `resolveConfig`. */
  config: Record<string, ConfigValue>;
  contact?: { firstName?: string | null; role: string } | null;
  journey: { id: string; startedAt: Instant; anchors: Record<string, Instant> };
  /** When each step that went out did: `state.steps[…].at`. */
  sent?: Record<string, Instant>;
  /** Which offer each step made: `state.steps[…].offer`. */
  offered?: Record<string, string>;
  /** The step judged: its links lead back to it. */
  step?: string;
  offer?: OfferTerms | null;
  now: Instant;
};
