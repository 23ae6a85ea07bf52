/** How many rows of each sort were forgotten, added up, or had their words wiped, because they had been kept long enough. */
export type Forgotten = {
  usage: number;
  figures: number;
  told: number;
  events: number;
  words: number;
  notices: number;
  journeys: number;
  others: number;
  scores: number;
  audit: number;
};

/** What a round of housekeeping did: holds and stops ended, Idempotency-Keys forgotten, tasks raised, journeys found whose run is gone, and what was kept long enough. */
export type Swept = { holds: number; stops: number; keys: number; tasks: number; lost: number } & Forgotten;
