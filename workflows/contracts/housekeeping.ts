/** What a round of housekeeping did: holds and stops ended, Idempotency-Keys forgotten, tasks raised. */
export type Swept = { holds: number; stops: number; keys: number; tasks: number };
