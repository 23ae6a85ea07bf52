import { z } from 'zod';
import { recordAudit } from '../../../db/queries/audit/record-audit.ts';
import { acknowledge, waitingInApp } from '../../../db/queries/messages/in-app-messages.ts';
import type { MessageRow } from '../../../db/schema/messages.ts';
import { OpaqueId } from '../../../workflows/contracts/commands.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import type { Api, Deps } from '../../deps.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';

const InAppView = z.object({
  id: z.string(),
  at: z.string(),
  contact: z.string(),
  title: z.string().nullable(),
  text: z.string(),
  template: z.string(),
  journey: z.string(),
  step: z.string(),
  acknowledgedAt: z.string().nullable(),
});

/** Messages inside the product: fetched by it, and acknowledged when shown. */
export function inAppRoutes(app: Api, { database: { db }, clock }: Deps): void {
  const tags = ['in-app'];
  app.get(
    '/v1/in-app',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'What waits for a contact inside the product',
        querystring: z.strictObject({ account: OpaqueId, contact: z.uuid().optional() }),
        response: { 200: z.object({ items: z.array(InAppView) }), ...problemsOf('invalid-request') },
      },
    },
    async ({ query }) => ({
      items: (await waitingInApp(db, { accountId: query.account, contactId: query.contact })).map(toView),
    }),
  );
  app.post(
    '/v1/in-app/:id/acknowledge',
    {
      config: { needs: 'ingest' },
      schema: {
        tags,
        summary: 'The contact has seen it; a second time changes nothing',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({}).nullish(),
        response: { 200: InAppView, ...problemsOf('unknown-item') },
      },
    },
    async (request) => {
      const now = new Date(clock());
      return db.transaction(async (tx) => {
        const found = await acknowledge(tx, request.params.id, now);
        if (!found) throw new TenureError('unknown-item', 'There is no such in-app message.');
        if (found.first)
          await recordAudit(tx, {
            at: now,
            actor: actorOf(request),
            action: 'in-app.acknowledge',
            target: `message:${found.row.id}`,
          });
        return toView(found.row);
      });
    },
  );
}

const toView = (row: MessageRow): z.infer<typeof InAppView> => ({
  id: row.id,
  at: (row.sentAt ?? row.intendedAt).toISOString(),
  contact: row.contactId,
  title: row.subject,
  text: row.text,
  template: row.template,
  journey: row.journeyId,
  step: row.step,
  acknowledgedAt: row.acknowledgedAt?.toISOString() ?? null,
});
