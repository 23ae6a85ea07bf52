import { activityInfo, heartbeat } from '@temporalio/activity';
import type { Database } from '../../db/database.ts';
import { accountsToScore } from '../../db/queries/scores/accounts-to-score.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import { healthPolicy } from '../../playbooks/scores/policy.ts';
import type { IngestPort } from '../../playbooks/scores/record-scores.ts';
import { scoredPlans } from '../../playbooks/scores/score-accounts.ts';
import { sweepAccounts } from '../../playbooks/scores/sweep-accounts.ts';
import type { HealthPage, HealthSwept } from '../../workflows/contracts/health.ts';

export type ScoringDeps = {
  database: Pick<Database, 'db'>;
  clock: () => number;
  ingest: IngestPort;
  /** Starts the runs of journeys that were opened; never throws. */
  launch: (rows: JourneyRow[]) => Promise<void>;
  log: { info(fields: object, message: string): void };
  /** Accounts an activity, and accounts a transaction. */
  pageSize?: number;
  chunkSize?: number;
};

const ACTOR = 'system:health-sweep';

/** The daily sweep, a page at a time; each chunk of it is one transaction. */
export function createScoringActivities(deps: ScoringDeps) {
  const { clock, pageSize = 2_000, chunkSize = 500 } = deps;
  const { db } = deps.database;
  const plans = scoredPlans(healthPolicy);

  const sweepChunk = async (day: string, after: string | undefined, limit: number) => {
    const started: JourneyRow[] = [];
    const swept = await db.transaction(async (tx) => {
      const now = new Date(clock());
      const ids = (await accountsToScore(tx, { plans, after, limit })).map((account) => account.id);
      const ingest: IngestPort = async (inTx, given) => {
        const done = await deps.ingest(inTx, given);
        started.push(...done.started);
        return done;
      };
      const did = await sweepAccounts(tx, { ids, day, actor: ACTOR, policy: healthPolicy, ingest, now });
      return { ...did, accounts: ids.length, after: ids.at(-1) };
    });
    await deps.launch(started);
    return swept;
  };

  const sweepHealth = async (from: { day: string | null; after: string | null }): Promise<HealthPage> => {
    const day = from.day ?? new Date(clock()).toISOString().slice(0, 10);
    const sum: HealthSwept = { accounts: 0, stored: 0, changed: 0, drops: 0 };
    let after = resumed(from.after);
    while (sum.accounts < pageSize) {
      const limit = Math.min(chunkSize, pageSize - sum.accounts);
      const swept = await sweepChunk(day, after, limit);
      sum.accounts += swept.accounts;
      sum.stored += swept.stored;
      sum.changed += swept.changed;
      sum.drops += swept.drops;
      after = swept.after ?? after;
      if (swept.accounts < limit) {
        deps.log.info({ day, ...sum }, 'health swept to the end');
        return { ...sum, day, after: null };
      }
      heartbeat({ after });
    }
    return { ...sum, day, after: after ?? null };
  };
  return { sweepHealth };
}

/** Where an attempt goes on: behind what an earlier one said it had done. */
function resumed(after: string | null): string | undefined {
  const done = activityInfo().heartbeatDetails as { after?: string } | undefined;
  return done?.after ?? after ?? undefined;
}

/** What the workflow imports, as a type only. */
export type ScoringActivities = ReturnType<typeof createScoringActivities>;
