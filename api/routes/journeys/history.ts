import { z } from 'zod';
import { readTimeline } from '../../../db/queries/journeys/read-timeline.ts';
import { Page, fromCursor, markAt, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { DecisionView, explain } from '../../journeys/explain.ts';
import { problemsOf } from '../../responses.ts';
import { journeyParams, mustRead } from './journeys.ts';

const Entry = z
  .object({
    at: z.string(),
    kind: z.enum(['start', 'decision', 'command', 'event', 'message', 'end']),
    entry: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'TimelineEntry' });
const Mark = z.object({ at: markAt, key: z.string() });

/** What happened in a journey, and why. */
export function historyRoutes(app: Api, { database: { db }, clock }: Deps): void {
  const tags = ['journeys'];
  app.get(
    '/v1/journeys/:id/timeline',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'All that happened in a journey, newest first',
        params: journeyParams,
        querystring: z.strictObject(paging),
        response: { 200: Page(Entry), ...problemsOf('invalid-request', 'unknown-journey') },
      },
    },
    async ({ params, query }) => {
      const { id } = await mustRead(db, params.id);
      const rows = await readTimeline(db, id, { after: fromCursor(Mark, query.cursor), limit: query.limit + 1 });
      return pageOf(
        rows,
        query.limit,
        ({ at, kind, entry }) => ({ at: at.toISOString(), kind, entry }),
        ({ at, key }) => ({ at: at.toISOString(), key }),
      );
    },
  );
  app.get(
    '/v1/journeys/:id/explain',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'Why each step did or did not happen, or is still to come',
        params: journeyParams,
        querystring: z.strictObject({ step: z.string().max(80).optional() }),
        response: {
          200: z.object({ items: z.array(DecisionView) }),
          ...problemsOf('invalid-request', 'unknown-journey', 'unknown-step'),
        },
      },
    },
    async ({ params, query }) => ({ items: await explain(db, await mustRead(db, params.id), clock(), query.step) }),
  );
}
