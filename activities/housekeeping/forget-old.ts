import type { Db } from '../../db/database.ts';
import { purgeDelivered } from '../../db/queries/deliveries/purge-delivered.ts';
import { purgeJourneys } from '../../db/queries/housekeeping/purge-journeys.ts';
import * as old from '../../db/queries/housekeeping/purge-old.ts';
import { wipeWords } from '../../db/queries/housekeeping/wipe-words.ts';
import { foldUsage, purgeMetrics } from '../../db/queries/usage/purge-days.ts';
import { purgeSeen } from '../../db/queries/usage/purge-seen.ts';
import { healthPolicy } from '../../playbooks/scores/policy.ts';
import type { Forgotten } from '../../workflows/contracts/housekeeping.ts';
import { cutOf } from './retention.ts';
import type { Retention } from './retention.ts';

type Forget = {
  db: Db;
  retention: Retention;
  clock: () => number;
  /** Rows a statement, and real ms that one sort of rows may take a round: what a round leaves the next one takes. */
  batch?: number;
  mostMs?: number;
};

/** Every journey takes a dozen tables with it. */
const JOURNEYS = 200;

/** Forgets what has been kept long enough, oldest first, in bounded batches; doing it again does no harm. */
export async function forgetOld({ db, retention, clock, batch = 5_000, mostMs = 6_000 }: Forget): Promise<Forgotten> {
  const now = clock();
  const cut = (name: keyof Retention) => cutOf(retention, name, now);
  const each = async (purge: (db: Db, before: Date, limit: number) => Promise<number>, before: Date) => {
    const until = performance.now() + mostMs;
    for (let gone = 0; ;) {
      const some = await purge(db, before, batch);
      gone += some;
      if (some < batch || performance.now() > until) return gone;
    }
  };
  const journeys = async () => {
    const until = performance.now() + mostMs;
    for (let gone = 0, from: Date | undefined; ;) {
      const did = await purgeJourneys(db, { from, before: cut('journeys'), proofs: cut('proofs'), limit: JOURNEYS });
      gone += did.gone;
      from = did.until;
      if (!from || performance.now() > until) return gone;
    }
  };
  const notices = [old.purgeNoticeItems, old.purgeAffected, old.purgeAlertsOfIncidents, old.purgePages];
  return {
    usage: await each(purgeSeen, cut('usage')),
    figures: (await each(foldUsage, cut('figures'))) + (await each(purgeMetrics, cut('figures'))),
    told: await each(purgeDelivered, cut('told')),
    events: await each(old.purgeEvents, cut('events')),
    words: (await each(wipeWords, cut('words'))) + (await each(old.wipeRemovedContacts, cut('words'))),
    notices: await sum(notices.map((purge) => () => each(purge, cut('notices')))),
    journeys: await journeys(),
    others: await sum([old.purgeTasks, old.purgeHolds, old.purgeBulkItems].map((p) => () => each(p, cut('journeys')))),
    scores: await each(old.purgeScores, new Date(now - healthPolicy.keptFor)),
    audit: await each(old.purgeAudit, cut('audit')),
  };
}

async function sum(works: (() => Promise<number>)[]): Promise<number> {
  let all = 0;
  for (const work of works) all += await work();
  return all;
}
