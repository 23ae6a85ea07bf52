import type { Database } from '../../db/database.ts';
import { releaseHold } from '../../db/queries/holds/release-hold.ts';
import { releaseStop } from '../../db/queries/holds/release-stop.ts';
import { forgottenDoubts, overHolds, overStops } from '../../db/queries/housekeeping/over-holds.ts';
import { purgeDelivered } from '../../db/queries/deliveries/purge-delivered.ts';
import { purgeSeen } from '../../db/queries/usage/purge-seen.ts';
import { purgeKeys } from '../../db/queries/idempotency/purge-keys.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { Swept } from '../../workflows/contracts/housekeeping.ts';
import { defaultPolicy } from '../arbiter/policy.ts';
import { raiseTask } from '../tasks/raise-task.ts';

type Deps = {
  database: Pick<Database, 'db'>;
  clock: () => number;
  log: { info(fields: object, message: string): void };
};

const ACTOR = 'system:housekeeping';
const REASON = 'its time is over';
const BATCH = 200;
const PURGE = 1000;
const ROUNDS = 20;
const DOUBT_MS = 15 * 60_000;
/** Whoever repeats usage does so within a month; a batch an hour keeps up with over a million events a day. */
const USAGE_MS = 35 * 86_400_000;
const PURGE_USAGE = 100_000;
/** Tellings are of use to a repair only until the run's snapshot has them. */
const TOLD_MS = 90 * 86_400_000;
const PURGE_TOLD = 50_000;

/** What is done every hour, in bounded batches. */
export function createHousekeepingActivities({ database: { db }, clock, log }: Deps) {
  const each = async (
    ids: string[],
    release: (i: { id: string; actor: string; reason: string; now: Date; perSecond: number }) => Promise<unknown>,
  ) => {
    let released = 0;
    for (const id of ids) {
      try {
        await release({
          id,
          actor: ACTOR,
          reason: REASON,
          now: new Date(clock()),
          perSecond: defaultPolicy.releasePerSecond,
        });
        released += 1;
      } catch (error) {
        // Somebody released it meanwhile.
        if (!(error instanceof TenureError)) throw error;
      }
    }
    return released;
  };

  const forget = async () => {
    let gone = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const some = await purgeKeys(db, new Date(clock()), PURGE);
      gone += some;
      if (some < PURGE) break;
    }
    return gone;
  };

  const ask = async () => {
    const doubts = await forgottenDoubts(db, new Date(clock() - DOUBT_MS), BATCH);
    await db.transaction(async (tx) => {
      for (const m of doubts)
        await raiseTask(tx, {
          ...{ journeyId: m.journey_id, accountId: m.account_id, step: m.step, n: m.n, owner: m.owner },
          what: 'in-doubt',
          title: `Nobody knows whether ${m.step} arrived`,
          instructions: `Message ${m.id} was handed to ${m.provider}, which never answered. Look it up there and say what became of it; it is not sent again by itself.`,
          now: clock(),
        });
    });
    return doubts.length;
  };

  const keepHouse = async (): Promise<Swept> => {
    const now = new Date(clock());
    const swept = {
      holds: await each(await overHolds(db, now, BATCH), (i) => releaseHold(db, i)),
      stops: await each(await overStops(db, now, BATCH), (i) => releaseStop(db, i)),
      keys: await forget(),
      usage: await purgeSeen(db, new Date(clock() - USAGE_MS), PURGE_USAGE),
      told: await purgeDelivered(db, new Date(clock() - TOLD_MS), PURGE_TOLD),
      tasks: await ask(),
    };
    log.info(swept, 'housekeeping done');
    return swept;
  };
  return { keepHouse };
}

/** What the workflow imports, as a type only. */
export type HousekeepingActivities = ReturnType<typeof createHousekeepingActivities>;
