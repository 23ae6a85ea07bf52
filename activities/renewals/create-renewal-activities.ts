import { heartbeat } from '@temporalio/activity';
import type { AccountRow } from '../../db/queries/accounts/read-account.ts';
import type { Database } from '../../db/database.ts';
import { dueRenewals } from '../../db/queries/renewals/due-renewals.ts';
import type { DueRenewal } from '../../db/queries/renewals/due-renewals.ts';
import { noteSweep, sweptUntil } from '../../db/queries/sweeps/sweeps.ts';
import type { RenewalPage, RenewalSweepInput } from '../../workflows/contracts/renewals.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';

export type RenewalDeps = {
  database: Pick<Database, 'db'>;
  clock: () => number;
  log: { info(fields: object, message: string): void };
  /** Journeys started a second, and accounts looked up at once. */
  perSecond?: number;
  pageSize?: number;
  /** Plans that are renewed, and how far ahead of the date their journeys begin, ms. */
  reach(): Promise<{ plans: string[]; ahead: number }>;
  /** Opens the journeys of these accounts and has their runs started. */
  start(accounts: AccountRow[], now: number): Promise<{ started: number; refused: number }>;
};

const NAME = 'renewal';
const day = (at: number) => new Date(at).toISOString().slice(0, 10);

/** Finds the renewals that have come within reach, and starts them. */
export function createRenewalActivities(deps: RenewalDeps) {
  const { clock, perSecond = 10, pageSize = 200 } = deps;
  const { db } = deps.database;

  /** One page; what a failed attempt has opened is not found again. */
  const sweepRenewals = async (sweep: RenewalSweepInput): Promise<RenewalPage> => {
    const at = sweep.at ?? clock();
    const { plans, ahead } = await deps.reach();
    // A date that passed while nobody swept still gets its journey; before the first sweep none is looked for.
    const since = Math.min((await sweptUntil(db, NAME))?.getTime() ?? at, at);
    const span = { from: day(since - DAY_MS), to: day(at + ahead + DAY_MS) };
    const due = await dueRenewals(db, { ...span, plans, after: sweep.after, limit: pageSize });
    const { started, refused } = await startAtRate(due);
    const last = due.length === pageSize ? due.at(-1) : undefined;
    if (last) return { at, started, refused, after: { date: last.date, id: last.account.id } };
    const all = { started: sweep.started + started, refused: sweep.refused + refused };
    await noteSweep(db, { name: NAME, completedAt: new Date(at), ...all });
    deps.log.info(all, 'renewals swept');
    return { at, started, refused, after: null };
  };

  const startAtRate = async (due: DueRenewal[]) => {
    const sum = { started: 0, refused: 0 };
    for (let i = 0; i < due.length; i += perSecond) {
      const began = performance.now();
      const some = due.slice(i, i + perSecond);
      const done = await deps.start(
        some.map((one) => one.account),
        clock(),
      );
      sum.started += done.started;
      sum.refused += done.refused;
      heartbeat({ date: some.at(-1)!.date });
      const rest = (some.length / perSecond) * 1000 - (performance.now() - began);
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    }
    return sum;
  };

  return { sweepRenewals };
}

/** What the workflow imports, as a type only. */
export type RenewalActivities = ReturnType<typeof createRenewalActivities>;
