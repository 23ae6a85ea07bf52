import type { Tx } from '../../db/database.ts';
import { closeAlerts } from '../../db/queries/alerts/close-alerts.ts';
import { openAlerts } from '../../db/queries/alerts/open-alerts.ts';
import { requestScores } from '../../db/queries/scores/score-requests.ts';
import { healthPolicy } from '../../playbooks/scores/policy.ts';
import type { EventBody } from '../../workflows/contracts/api.ts';

const { alerts } = healthPolicy;
/** Event type → the alerts that it closes. */
const recovers = new Map<string, string[]>();
for (const [type, { recoversBy }] of Object.entries(alerts))
  for (const by of recoversBy) recovers.set(by, [...(recovers.get(by) ?? []), type]);

/** Opens and closes the alerts that events stand for, and asks for their accounts to be scored at once, in the transaction of the events. */
export async function takeAlerts(tx: Tx, events: EventBody[], now: number): Promise<void> {
  const moving = events.filter((event) => event.type in alerts || recovers.has(event.type));
  if (moving.length === 0) return;
  const rows = moving.map((event) => ({
    accountId: event.account,
    type: event.type,
    eventId: event.id,
    at: new Date(event.at === undefined ? now : Math.min(Date.parse(event.at), now)),
  }));
  const at = new Date(now);
  await openAlerts(
    tx,
    rows.filter((row) => row.type in alerts),
    (type) => alerts[type]!,
    at,
  );
  for (const [type, closed] of recovers) {
    const accountIds = [...new Set(rows.filter((row) => row.type === type).map((row) => row.accountId))];
    await closeAlerts(tx, { accountIds, types: closed, by: 'recovered', now: at });
  }
  await requestScores(
    tx,
    rows.map(({ type: _, ...row }) => row),
  );
}
