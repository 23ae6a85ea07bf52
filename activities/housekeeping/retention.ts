import { durationMs } from '../../workflows/contracts/time.ts';
import type { IsoDuration } from '../../workflows/contracts/time.ts';

/** How long what has served its purpose is kept, as ISO-8601 days. */
export type Retention = {
  /** Ids of usage events: whoever repeats usage does so within a month. */
  usage: IsoDuration;
  /** Amounts of use and metrics by day; the sum of what was used before stays, and the newest value of a metric. */
  figures: IsoDuration;
  /** What runs were told, once they or their snapshots have it. */
  told: IsoDuration;
  /** Events of the outside, which are known by their ids for so long. */
  events: IsoDuration;
  /** Words and addresses of messages that were decided, and names and addresses of contacts that were taken away; legal notices keep theirs. */
  words: IsoDuration;
  /** Who was told of an incident that is closed, and what called whom. */
  notices: IsoDuration;
  /** Journeys that have ended, with all that happened in them. The newest of a playbook and account stays: it decides about re-entry. */
  journeys: IsoDuration;
  /** Those of them that sent a legal notice. */
  proofs: IsoDuration;
  audit: IsoDuration;
};

/** Thirteen months cover a yearly look back; three years the usual limitation of claims, and ten that of notices and books. */
export const defaultRetention: Retention = {
  usage: 'P35D',
  figures: 'P400D',
  told: 'P90D',
  events: 'P400D',
  words: 'P400D',
  notices: 'P730D',
  journeys: 'P1096D',
  proofs: 'P3653D',
  audit: 'P3653D',
};

/** The moment before which what is kept by a name goes. */
export const cutOf = (retention: Retention, name: keyof Retention, now: number): Date =>
  new Date(now - durationMs(retention[name]));
