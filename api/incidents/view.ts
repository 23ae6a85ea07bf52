import { z } from 'zod';
import type { IncidentRow, IncidentUpdateRow } from '../../db/schema/incidents.ts';
import { AffectedBody, PostMortem } from '../../workflows/contracts/incidents.ts';

export const UpdateView = z.object({
  n: z.number().int(),
  status: z.string(),
  message: z.string(),
  at: z.string(),
  by: z.string(),
  nextUpdateAt: z.string().nullable(),
});

export const IncidentItem = z
  .object({
    id: z.string(),
    kind: z.enum(['platform', 'business']),
    class: z.string().nullable(),
    key: z.string().nullable(),
    title: z.string(),
    summary: z.string().nullable(),
    severity: z.string().nullable(),
    status: z.string(),
    open: z.boolean(),
    source: z.string(),
    account: z.string().nullable(),
    journey: z.string(),
    affected: AffectedBody.nullable(),
    accounts: z.number().int(),
    updates: z.number().int(),
    nextUpdateAt: z.string().nullable(),
    openedAt: z.string(),
    openedBy: z.string(),
    acknowledgedAt: z.string().nullable(),
    acknowledgedBy: z.string().nullable(),
    resolvedAt: z.string().nullable(),
    resolvedBy: z.string().nullable(),
    closedAt: z.string().nullable(),
    closedBy: z.string().nullable(),
    postMortem: PostMortem.nullable(),
  })
  .meta({ id: 'Incident' });

export const Moment = z.object({
  at: z.string(),
  what: z.string(),
  by: z.string(),
  reason: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});

export const IncidentView = IncidentItem.extend({
  said: z.array(UpdateView),
  alerts: z.record(z.string(), z.number().int()).describe('By state; truncated: left out by their source'),
  notices: z.array(
    z.object({
      id: z.string(),
      step: z.string(),
      update: z.number().int(),
      state: z.string(),
      total: z.number().int(),
      outcomes: z.record(z.string(), z.number().int()),
      at: z.string(),
      endedAt: z.string().nullable(),
    }),
  ),
  pages: z.array(z.object({ role: z.string(), severity: z.string(), state: z.string(), at: z.string() })),
  timeline: z.array(Moment),
}).meta({ id: 'IncidentView' });

const iso = (at: Date | null) => at?.toISOString() ?? null;

/** An incident as staff see it in a list. */
export const toItem = (row: IncidentRow): z.infer<typeof IncidentItem> => ({
  id: row.id,
  kind: row.kind as 'platform' | 'business',
  class: row.class,
  key: row.key,
  title: row.title,
  summary: row.summary,
  severity: row.severity,
  status: row.status,
  open: row.closedAt === null,
  source: row.source,
  account: row.accountId,
  journey: row.journeyId,
  affected: row.affected,
  accounts: row.accounts,
  updates: row.updates,
  nextUpdateAt: iso(row.nextUpdateAt),
  openedAt: row.openedAt.toISOString(),
  openedBy: row.openedBy,
  acknowledgedAt: iso(row.acknowledgedAt),
  acknowledgedBy: row.acknowledgedBy,
  resolvedAt: iso(row.resolvedAt),
  resolvedBy: row.resolvedBy,
  closedAt: iso(row.closedAt),
  closedBy: row.closedBy,
  postMortem: row.postMortem,
});

/** One public update, with who gave it. */
export const toUpdate = (row: IncidentUpdateRow): z.infer<typeof UpdateView> => ({
  n: row.n,
  status: row.status,
  message: row.message,
  at: row.at.toISOString(),
  by: row.by,
  nextUpdateAt: iso(row.nextUpdateAt),
});
