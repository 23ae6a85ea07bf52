import type { Tx } from '../../db/database.ts';
import { closeAlerts } from '../../db/queries/alerts/close-alerts.ts';
import { knownEvents } from '../../db/queries/events/known-events.ts';
import { ANYTHING } from '../../db/queries/scores/read-figures.ts';
import type { Figures } from '../../db/queries/scores/read-figures.ts';
import { tellCrossings } from '../../db/queries/watches/tell-crossings.ts';
import type { EventBody } from '../../workflows/contracts/api.ts';
import { findDeclines } from './find-declines.ts';
import type { HealthPolicy } from './policy.ts';
import { scoreAccounts } from './score-accounts.ts';
import type { ScoreAccounts } from './score-accounts.ts';

const WEEKS = 4;
const EVENTS_A_CALL = 500;

/** What the daily sweep does to some accounts: their scores and bands, drops of use found and made good, and figures that time alone has moved. */
export async function sweepAccounts(
  tx: Tx,
  s: Omit<ScoreAccounts, 'cause'> & { day: string },
): Promise<{ stored: number; changed: number; drops: number }> {
  const { stored, changed, accounts, figures } = await scoreAccounts(tx, { ...s, cause: `sweep:${s.day}` });
  const ids = accounts.map((account) => account.id);
  const drops = ids.filter((id) => {
    const of = figures.get(id)!;
    return of.warned.openUsageDrop === 0 && dropOf(of, s.policy) !== undefined;
  });
  const recovered = ids.filter((id) => {
    const of = figures.get(id)!;
    return of.warned.openUsageDrop > 0 && dropOf(of, s.policy) === undefined;
  });
  await closeAlerts(tx, { accountIds: recovered, types: [s.policy.usageDrop.event], by: 'recovered', now: s.now });
  const found = drops.map((id): EventBody => ({
    id: `usage-drop:${id}:${s.day}`,
    type: s.policy.usageDrop.event,
    account: id,
    at: s.now.toISOString(),
    data: { drop: dropOf(figures.get(id)!, s.policy)! },
  }));
  found.push(...(await findDeclines(tx, { accounts, policy: s.policy, now: s.now })));
  // Told once: an alert that somebody has closed since does not open again by a second sweep of the same day.
  const told = await knownEvents(
    tx,
    found.map(({ id }) => id),
  );
  const events = found.filter(({ id }) => !told.has(id));
  for (let i = 0; i < events.length; i += EVENTS_A_CALL)
    await s.ingest(tx, { events: events.slice(i, i + EVENTS_A_CALL), actor: s.actor, now: s.now.getTime() });
  await tellCrossings(tx, ids, s.now);
  return { stored, changed, drops: events.filter(({ type }) => type === s.policy.usageDrop.event).length };
}

/** By how many percent the last 7 days lie below a usual week; undefined when that is no drop. */
function dropOf(figures: Figures, { usageDrop }: HealthPolicy): number | undefined {
  const used = figures.used.get(ANYTHING);
  const usual = (used?.prior28 ?? 0) / WEEKS;
  if (!used || usual < usageDrop.leastAWeek || usual === 0) return undefined;
  const drop = 100 * (1 - used.sum7 / usual);
  return drop >= usageDrop.percent ? Math.round(drop * 10) / 10 : undefined;
}
