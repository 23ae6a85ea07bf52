/** What a round of housekeeping did: holds and stops ended, Idempotency-Keys and ids of usage events forgotten, tasks raised. */
export type Swept = { holds: number; stops: number; keys: number; usage: number; tasks: number };
