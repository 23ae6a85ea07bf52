import { z } from 'zod';
import { listDecisions } from '../../../db/queries/decisions/list-decisions.ts';
import { OpaqueId } from '../../../workflows/contracts/commands.ts';
import { Page, fromCursor, markAt, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { problemsOf } from '../../responses.ts';
import { When } from '../../../workflows/contracts/time-schema.ts';
import { DecisionView, toDecision } from '../../journeys/explain.ts';

const Mark = z.object({ at: markAt, journey: z.uuid(), step: z.string(), n: z.number().int() });

/** Decisions: why steps did or did not happen, across journeys. */
export function decisionRoutes(app: Api, { database: { db } }: Deps): void {
  app.get(
    '/v1/decisions',
    {
      config: { needs: 'read' },
      schema: {
        tags: ['decisions'],
        summary: 'Why steps did or did not happen, newest first',
        querystring: z.strictObject({
          account: OpaqueId.optional(),
          journey: z.uuid().optional(),
          step: z.string().max(80).optional(),
          outcome: z.string().max(40).optional(),
          from: When.optional(),
          to: When.optional(),
          ...paging,
        }),
        response: { 200: Page(DecisionView), ...problemsOf('invalid-request') },
      },
    },
    async ({ query }) => {
      const { cursor, limit, from, to, ...filter } = query;
      const after = fromCursor(Mark, cursor);
      const range = {
        from: from === undefined ? undefined : new Date(from),
        to: to === undefined ? undefined : new Date(to),
      };
      const rows = await listDecisions(db, { ...filter, ...range }, { after, limit: limit + 1 });
      return pageOf(rows, limit, toDecision, (row) => ({
        at: row.at.toISOString(),
        journey: row.journeyId,
        step: row.step,
        n: row.n,
      }));
    },
  );
}
