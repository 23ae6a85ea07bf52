import type { Database } from '../../db/database.ts';
import { releaseOverHolds, releaseOverStops } from '../../db/queries/holds/release-over-holds.ts';
import { forgottenDoubts } from '../../db/queries/housekeeping/over-holds.ts';
import { purgeKeys } from '../../db/queries/idempotency/purge-keys.ts';
import type { Swept } from '../../workflows/contracts/housekeeping.ts';
import { defaultPolicy } from '../arbiter/policy.ts';
import { raiseTask } from '../tasks/raise-task.ts';
import { forgetOld } from './forget-old.ts';
import { reportLost } from './report-lost.ts';
import type { IsAlive } from './report-lost.ts';
import { defaultRetention } from './retention.ts';
import type { Retention } from './retention.ts';

type Deps = {
  database: Pick<Database, 'db'>;
  clock: () => number;
  log: Record<'info' | 'warn', (fields: object, message: string) => void>;
  isAlive: IsAlive;
  /** What differs from the default. */
  retention?: Partial<Retention>;
};

const BATCH = 200;
const PURGE = 1000;
const ROUNDS = 20;
const DOUBT_MS = 15 * 60_000;

/** What is done every hour, in bounded batches. */
export function createHousekeepingActivities({ database: { db }, clock, log, isAlive, retention }: Deps) {
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
    const over = { now, perSecond: defaultPolicy.releasePerSecond, limit: BATCH };
    const swept = {
      holds: (await releaseOverHolds(db, over)).released,
      stops: (await releaseOverStops(db, over)).released,
      keys: await forget(),
      tasks: await ask(),
      lost: await reportLost(db, { isAlive, clock, log }),
      ...(await forgetOld({ db, clock, retention: { ...defaultRetention, ...retention } })),
    };
    log.info(swept, 'housekeeping done');
    return swept;
  };
  return { keepHouse };
}

/** What the workflow imports, as a type only. */
export type HousekeepingActivities = ReturnType<typeof createHousekeepingActivities>;
