/** What a round of housekeeping did: holds and stops ended, Idempotency-Keys, ids of usage events and old tellings forgotten, tasks raised. */
export type Swept = { holds: number; stops: number; keys: number; usage: number; told: number; tasks: number };
