import type { z } from 'zod';
import type { Db } from '../../db/database.ts';
import { listAudit } from '../../db/queries/audit/list-audit.ts';
import { decisionsOf } from '../../db/queries/decisions/decisions-of.ts';
import { alertCounts, noticesOf, updatesOf } from '../../db/queries/incidents/read-incident.ts';
import { pagesOf } from '../../db/queries/pages/behind-pages.ts';
import type { IncidentRow } from '../../db/schema/incidents.ts';
import { toItem, toUpdate } from './view.ts';
import type { IncidentView, Moment } from './view.ts';

const MOST = 500;

/** One incident with its whole story: commands, public words, what its run did and whom it called, in order of time. */
export async function readView(db: Db, row: IncidentRow): Promise<z.infer<typeof IncidentView>> {
  const [said, alerts, notices, pages, decisions, commands] = await Promise.all([
    updatesOf(db, row.id),
    alertCounts(db, row.id),
    noticesOf(db, row.id),
    pagesOf(db, row.journeyId),
    decisionsOf(db, row.journeyId),
    listAudit(db, { target: `incident:${row.id}` }, { limit: MOST }),
  ]);
  const timeline: z.infer<typeof Moment>[] = [
    ...commands.reverse().map((one) => ({
      at: one.at.toISOString(),
      what: one.action,
      by: one.actor,
      reason: one.reason,
      details: one.details,
    })),
    ...said.map((one) => ({
      at: one.at.toISOString(),
      what: 'public-update',
      by: one.by,
      reason: null,
      details: { n: one.n, status: one.status, message: one.message },
    })),
    ...decisions.flatMap((one) =>
      one.history.map(({ outcome, reason, at }) => ({
        at,
        what: `step.${outcome}`,
        by: 'system',
        reason,
        details: { step: one.step, n: one.n, kind: one.kind },
      })),
    ),
    ...pages.map((one) => ({
      at: one.at.toISOString(),
      what: 'page',
      by: 'system',
      reason: null,
      details: { role: one.role, severity: one.severity, state: one.state },
    })),
  ];
  return {
    ...toItem(row),
    said: said.map(toUpdate),
    alerts: {
      ...Object.fromEntries(alerts.map((one) => [one.state, one.count])),
      ...(row.truncatedAlerts > 0 ? { truncated: row.truncatedAlerts } : {}),
    },
    notices: notices.map(({ id, step, update, state, total, outcomes, createdAt, endedAt }) => ({
      ...{ id, step, update, state, total, outcomes },
      at: createdAt.toISOString(),
      endedAt: endedAt?.toISOString() ?? null,
    })),
    pages: pages.map(({ role, severity, state, at }) => ({ role, severity, state, at: at.toISOString() })),
    timeline: timeline.sort((a, b) => a.at.localeCompare(b.at)),
  };
}
