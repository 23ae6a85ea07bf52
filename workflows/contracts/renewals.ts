import type { Instant } from './time.ts';

/** Where a sweep goes on: after this account of this date. */
export type RenewalCursor = { date: string; id: string };

/** Argument of the renewal sweep; missing at its start, given where it continues as new. `at`: when it began. */
export type RenewalSweepInput = { version: 1; at: Instant | null; after: RenewalCursor | null } & RenewalsSwept;

/** Journeys that it started, and accounts for which none could be (the audit trail says why). */
export type RenewalsSwept = { started: number; refused: number };

/** What a page did, and where the next one begins; null: there is none. */
export type RenewalPage = RenewalsSwept & { at: Instant; after: RenewalCursor | null };
