import type { Tx } from '../../db/database.ts';
import type { AccountRow } from '../../db/queries/accounts/read-account.ts';
import { readDeclines } from '../../db/queries/scores/read-declines.ts';
import type { EventBody } from '../../workflows/contracts/api.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';
import type { HealthPolicy } from './policy.ts';
import { modelOfPlan } from './score-accounts.ts';

/**
 * Events about accounts whose score is low from the start and still is, or falls: what no change of a band tells. The first comes once an account for
 * as long as events are kept, the second once a week.
 */
export async function findDeclines(
  tx: Tx,
  { accounts, policy, now }: { accounts: AccountRow[]; policy: HealthPolicy; now: Date },
): Promise<EventBody[]> {
  const { model, bands, stillLow, falling } = policy.declines;
  const scored = accounts.filter(
    ({ plan }) => modelOfPlan(plan, policy) === model && !policy.shown.plans.includes(plan),
  );
  const byId = new Map(scored.map((account) => [account.id, account]));
  const low = await readDeclines(tx, { ids: [...byId.keys()], model, bands, days: falling.days, now });
  const week = Math.floor(now.getTime() / (7 * DAY_MS));
  const at = now.toISOString();
  return low.flatMap(({ accountId: account, always, gained }): EventBody[] => {
    const isOld = ageOf(byId.get(account)!, now) >= stillLow.afterDays * DAY_MS;
    const falls = gained !== null && gained <= -falling.points;
    return [
      ...(always && isOld ? [{ id: `still-low:${account}`, type: stillLow.event, account, at }] : []),
      ...(falls ? [{ id: `falling:${account}:${week}`, type: falling.event, account, at }] : []),
    ];
  });
}

function ageOf({ facts, createdAt }: AccountRow, now: Date): number {
  const since = typeof facts.subscribed_at === 'string' ? Date.parse(facts.subscribed_at) : NaN;
  return now.getTime() - (Number.isNaN(since) ? createdAt.getTime() : since);
}
