import type { ConfigValue } from '../../workflows/contracts/playbook.ts';
import type { Instant } from '../../workflows/contracts/time.ts';

/** An offer as expressions see it: `$config` resolved. */
export type OfferTerms = { id: string; title: string; terms: Record<string, ConfigValue>; expiresAt: Instant | null };

/**
 * How an account does by a model. `drivers`: what holds it back most, worst first. `trend`: points gained over 30 days, NaN where unknown.
 * `improvingWeeks`: weekly readings in a row, back from now, whose trend was 2 or more; at most 4.
 */
export type Health = {
  model: string;
  score: number;
  band: string;
  drivers?: string[];
  trend?: number;
  improvingWeeks?: number;
};

/** Everything an expression may read, as its caller has it: instants in ms, absent facts and metrics simply missing. */
export type Scope = {
  account: { id: string; name: string; plan: string; timeZone: string; industry?: string | null };
  facts: Record<string, unknown>;
  /** Newest value of each metric. */
  metrics: Record<string, number>;
  /** The account's newest health by the model of its plan; null or missing: not scored, which is neither high nor low. */
  health?: Health | null;
  /** When each flag was set: `state.flags`. */
  flags: Record<string, Instant>;
  /** The playbook's figures with the journey's options: `resolveConfig`. */
  config: Record<string, ConfigValue>;
  contact?: { firstName?: string | null; role: string } | null;
  journey: { id: string; startedAt: Instant; anchors: Record<string, Instant> };
  /** When each step that went out or was opened did so. */
  sent?: Record<string, Instant>;
  /** Which offer each step made: `state.steps[…].offer`. */
  offered?: Record<string, string>;
  /** The step judged: its links lead back to it. */
  step?: string;
  offer?: OfferTerms | null;
  now: Instant;
};
