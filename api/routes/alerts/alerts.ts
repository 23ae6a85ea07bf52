import { z } from 'zod';
import { listAlerts } from '../../../db/queries/alerts/list-alerts.ts';
import type { AlertRow } from '../../../db/queries/alerts/list-alerts.ts';
import { healthPolicy } from '../../../playbooks/scores/policy.ts';
import { OpaqueId } from '../../../workflows/contracts/commands.ts';
import { answerAlert } from '../../alerts/answer-alert.ts';
import { Page, fromCursor, markAt, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';

const AlertView = z
  .object({
    id: z.string(),
    account: z.string(),
    type: z.string(),
    title: z.string(),
    state: z.enum(['open', 'acknowledged', 'closed']),
    events: z.number().int(),
    openedAt: z.string(),
    lastAt: z.string(),
    acknowledgedAt: z.string().nullable(),
    acknowledgedBy: z.string().nullable(),
    closedAt: z.string().nullable(),
    closedBy: z.string().nullable(),
    outcome: z.string().nullable(),
  })
  .meta({ id: 'Alert' });
const Mark = z.object({ at: markAt, id: z.uuid() });
const answers = ['invalid-request', 'unknown-item', 'already-decided'] as const;

/** Warnings about accounts: one open of a type, merged from all events that say the same. */
export function alertRoutes(app: Api, { database: { db }, clock }: Deps): void {
  const tags = ['alerts'];
  app.get(
    '/v1/alerts',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'List alerts, the newest first',
        querystring: z.strictObject({
          account: OpaqueId.optional(),
          type: z.string().max(100).optional(),
          open: z.enum(['true', 'false']).optional(),
          ...paging,
        }),
        response: { 200: Page(AlertView), ...problemsOf('invalid-request') },
      },
    },
    async ({ query: { cursor, limit, open, ...filter } }) => {
      const mark = fromCursor(Mark, cursor);
      const before = mark && { at: new Date(mark.at), id: mark.id };
      const only = open === undefined ? undefined : open === 'true';
      const rows = await listAlerts(db, { ...filter, open: only }, { before, limit: limit + 1 });
      return pageOf(rows, limit, toView, (row) => ({ at: row.openedAt.toISOString(), id: row.id }));
    },
  );
  app.post(
    '/v1/alerts/:id/acknowledge',
    {
      config: { needs: 'act' },
      schema: {
        tags,
        summary: 'Say that you look after an alert; it stays until it has recovered or is closed',
        params: z.object({ id: z.uuid() }),
        response: { 200: AlertView, ...problemsOf(...answers) },
      },
    },
    async (request) =>
      toView(
        await answerAlert(db, { id: request.params.id, what: 'acknowledge', actor: actorOf(request), now: clock() }),
      ),
  );
  app.post(
    '/v1/alerts/:id/close',
    {
      config: { needs: 'act' },
      schema: {
        tags,
        summary: 'Say that an alert is over; its open tasks are cancelled',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({ outcome: z.string().trim().min(1).max(200) }),
        response: { 200: AlertView, ...problemsOf(...answers) },
      },
    },
    async (request) => {
      const { outcome } = request.body;
      const { id } = request.params;
      return toView(await answerAlert(db, { id, what: 'close', outcome, actor: actorOf(request), now: clock() }));
    },
  );
}

const toView = (row: AlertRow): z.infer<typeof AlertView> => ({
  id: row.id,
  account: row.accountId,
  type: row.type,
  title: healthPolicy.alerts[row.type]?.title ?? row.type,
  state: row.closedAt ? 'closed' : row.acknowledgedAt ? 'acknowledged' : 'open',
  events: row.count,
  openedAt: row.openedAt.toISOString(),
  lastAt: row.lastAt.toISOString(),
  acknowledgedAt: row.acknowledgedAt?.toISOString() ?? null,
  acknowledgedBy: row.acknowledgedBy,
  closedAt: row.closedAt?.toISOString() ?? null,
  closedBy: row.closedBy,
  outcome: row.outcome,
});
