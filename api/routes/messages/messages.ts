import { z } from 'zod';
import { resolveInDoubt } from '../../../db/queries/ledger/resolve-in-doubt.ts';
import { listMessages, readMessage } from '../../../db/queries/messages/list-messages.ts';
import type { MessageRow } from '../../../db/schema/messages.ts';
import { OpaqueId } from '../../../workflows/contracts/commands.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import { Page, fromCursor, markAt, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';
import { Reason } from '../holds/holds.ts';

const MessageView = z
  .object({
    id: z.string(),
    at: z.string(),
    channel: z.string(),
    to: z.string().nullable(),
    subject: z.string().nullable(),
    template: z.string(),
    state: z.string(),
    journey: z.string(),
    step: z.string(),
    html: z.string().optional(),
    text: z.string(),
  })
  .meta({ id: 'Message' });
const Mark = z.object({ at: markAt, id: z.uuid() });

/** What was sent, exactly once. */
export function messageRoutes(app: Api, { database: { db }, clock }: Deps): void {
  const tags = ['messages'];
  app.get(
    '/v1/messages',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'List messages as they were sent, newest first',
        querystring: z.strictObject({
          account: OpaqueId.optional(),
          journey: z.uuid().optional(),
          channel: z.enum(['email', 'sms', 'in-app']).optional(),
          state: z.enum(['draft', 'intended', 'sent', 'failed', 'in-doubt', 'withdrawn']).optional(),
          ...paging,
        }),
        response: { 200: Page(MessageView), ...problemsOf('invalid-request') },
      },
    },
    async ({ query }) => {
      const { cursor, limit, account, journey, channel, state } = query;
      const rows = await listMessages(
        db,
        { accountId: account, journeyId: journey, channel, state },
        { after: fromCursor(Mark, cursor), limit: limit + 1 },
      );
      return pageOf(rows, limit, toView, (row) => ({ at: row.intendedAt.toISOString(), id: row.id }));
    },
  );
  app.post(
    '/v1/messages/:id/resolve',
    {
      config: { needs: 'act' },
      schema: {
        tags,
        summary: 'Say what became of a message in doubt; the first word stands',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({ as: z.enum(['sent', 'failed']), reason: Reason }),
        response: { 200: MessageView, ...problemsOf('invalid-request', 'unknown-item', 'already-decided') },
      },
    },
    async (request) => {
      const { id } = request.params;
      if (!(await readMessage(db, id))) throw new TenureError('unknown-item', 'There is no such message.');
      await resolveInDoubt(db, { id, ...request.body, actor: actorOf(request), now: new Date(clock()) });
      return toView((await readMessage(db, id))!);
    },
  );
}

const toView = (row: MessageRow): z.infer<typeof MessageView> => ({
  id: row.id,
  at: (row.sentAt ?? row.intendedAt).toISOString(),
  channel: row.channel,
  to: row.to,
  subject: row.subject,
  template: row.template,
  state: row.state,
  journey: row.journeyId,
  step: row.step,
  ...(row.html === null ? {} : { html: row.html }),
  text: row.text,
});
