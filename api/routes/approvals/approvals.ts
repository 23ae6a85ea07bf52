import { z } from 'zod';
import { listApprovals, readApproval } from '../../../db/queries/approvals/list-approvals.ts';
import type { ApprovalRow } from '../../../db/queries/approvals/list-approvals.ts';
import { OpaqueId } from '../../../workflows/contracts/commands.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import { Page, fromCursor, markAt, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { problemsOf } from '../../responses.ts';

const ApprovalView = z
  .object({
    id: z.string(),
    journey: z.string(),
    account: z.string(),
    playbook: z.string(),
    step: z.string(),
    title: z.string(),
    role: z.string(),
    until: z.string(),
    madeAt: z.string(),
    state: z.string(),
    edited: z.boolean(),
    channel: z.string(),
    contact: z.string(),
    to: z.string().nullable(),
    subject: z.string().nullable(),
    text: z.string(),
    html: z.string().optional(),
  })
  .meta({ id: 'Approval' });
const Mark = z.object({ at: markAt, id: z.uuid() });

/** Messages that wait for somebody's word; the word is a command to their journey: approve, edit or reject. */
export function approvalRoutes(app: Api, { database: { db } }: Deps): void {
  const tags = ['approvals'];
  app.get(
    '/v1/approvals',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'List what waits for an approval, with its words, the longest waiting first',
        querystring: z.strictObject({
          account: OpaqueId.optional(),
          journey: z.uuid().optional(),
          step: z.string().max(64).optional(),
          role: z.string().max(40).optional(),
          ...paging,
        }),
        response: { 200: Page(ApprovalView), ...problemsOf('invalid-request') },
      },
    },
    async ({ query }) => {
      const { cursor, limit, account, journey, step, role } = query;
      const filter = { accountId: account, journeyId: journey, step, role };
      const rows = await listApprovals(db, { ...filter, after: fromCursor(Mark, cursor), limit: limit + 1 });
      return pageOf(rows, limit, toView, (row) => ({ at: row.madeAt.toISOString(), id: row.id }));
    },
  );
  app.get(
    '/v1/approvals/:id',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'Read a message that waits, or waited, for an approval',
        params: z.object({ id: z.uuid() }),
        response: { 200: ApprovalView, ...problemsOf('unknown-item') },
      },
    },
    async ({ params }) => {
      const row = await readApproval(db, params.id);
      if (!row) throw new TenureError('unknown-item', 'There is no such message.');
      return toView(row);
    },
  );
}

const toView = (row: ApprovalRow): z.infer<typeof ApprovalView> => ({
  id: row.id,
  journey: row.journeyId,
  account: row.accountId,
  playbook: row.playbook,
  step: row.step,
  title: row.timetable.steps.find((one) => one.id === row.step)?.title ?? row.step,
  role: row.role!,
  until: row.until!.toISOString(),
  madeAt: row.madeAt.toISOString(),
  state: row.state === 'draft' ? (row.approvedBy === null ? 'waiting' : 'approved') : row.state,
  edited: row.editedBy !== null,
  channel: row.channel,
  contact: row.contactId,
  to: row.to,
  subject: row.subject,
  text: row.text,
  ...(row.html === null ? {} : { html: row.html }),
});
