import { z } from 'zod';
import { listAudit } from '../../../db/queries/audit/list-audit.ts';
import { Page, fromCursor, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { problemsOf } from '../../responses.ts';
import { When } from '../../../workflows/contracts/time-schema.ts';

const AuditView = z.object({
  seq: z.number().int(),
  at: z.string(),
  actor: z.string(),
  action: z.string(),
  target: z.string(),
  reason: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});

/** Who did what to what, and why. */
export function auditRoutes(app: Api, { database: { db } }: Deps): void {
  app.get(
    '/v1/audit',
    {
      config: { needs: 'audit' },
      schema: {
        tags: ['audit'],
        summary: 'The audit trail, newest first',
        querystring: z.strictObject({
          target: z.string().max(200).optional().describe('journey:<id>, account:<id>, key:<id>, …'),
          actor: z.string().max(200).optional(),
          action: z.string().max(100).optional(),
          from: When.optional(),
          to: When.optional(),
          ...paging,
        }),
        response: { 200: Page(AuditView), ...problemsOf('invalid-request') },
      },
    },
    async ({ query }) => {
      const { cursor, limit, from, to, ...filter } = query;
      const before = fromCursor(z.int(), cursor);
      const range = {
        from: from === undefined ? undefined : new Date(from),
        to: to === undefined ? undefined : new Date(to),
      };
      const rows = await listAudit(db, { ...filter, ...range }, { before, limit: limit + 1 });
      return pageOf(
        rows,
        limit,
        (row) => ({ ...row, at: row.at.toISOString() }),
        (row) => row.seq,
      );
    },
  );
}
