import { eq } from 'drizzle-orm';
import type { Db } from '../../db/database.ts';
import { lockAccounts } from '../../db/queries/accounts/read-account.ts';
import { closeAlerts } from '../../db/queries/alerts/close-alerts.ts';
import { acknowledgeAlert, lockAlert } from '../../db/queries/alerts/list-alerts.ts';
import type { AlertRow } from '../../db/queries/alerts/list-alerts.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { alerts } from '../../db/schema/scores.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';

type Answer = { id: string; what: 'acknowledge' | 'close'; outcome?: string; actor: string; now: number };

/** Says that somebody looks after an alert, or that it is over; the first word wins. Throws `unknown-item`, `already-decided`. */
export function answerAlert(db: Db, { id, what, outcome, actor, now }: Answer): Promise<AlertRow> {
  return db.transaction(async (tx) => {
    const [about] = await tx.select({ account: alerts.accountId }).from(alerts).where(eq(alerts.id, id));
    // What it holds back is let go with it: the account comes before that, and before the alert.
    if (about) await lockAccounts(tx, [about.account]);
    const row = await lockAlert(tx, id);
    if (!row) throw new TenureError('unknown-item', 'There is no such alert.', {});
    const by = row.closedBy ?? (what === 'acknowledge' ? row.acknowledgedBy : null);
    if (by !== null) throw new TenureError('already-decided', `${by} was first.`, { by });
    const at = new Date(now);
    await recordAudit(tx, {
      ...{ at, actor, action: `alert.${what}`, target: `account:${row.accountId}` },
      details: { alert: id, type: row.type },
    });
    if (what === 'acknowledge') return acknowledgeAlert(tx, id, actor, at);
    await closeAlerts(tx, { accountIds: [row.accountId], types: [row.type], by: actor, outcome, now: at });
    return (await lockAlert(tx, id))!;
  });
}
