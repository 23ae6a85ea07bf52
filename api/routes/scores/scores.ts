import { z } from 'zod';
import { listScores } from '../../../db/queries/scores/read-scores.ts';
import { describeModel } from '../../../playbooks/scores/describe-model.ts';
import { newestModels } from '../../../playbooks/scores/read-models.ts';
import { OpaqueId } from '../../../workflows/contracts/commands.ts';
import { When } from '../../../workflows/contracts/time-schema.ts';
import { Page, fromCursor, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { ingestPort } from '../../events/ingest-port.ts';
import { launch } from '../../journeys/start-journey.ts';
import type { CatalogReader } from '../../playbooks/catalog.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';
import { giveScore } from '../../scores/give-score.ts';
import { Health, ScoreView, healthOf, mustKnow, toScore } from './views.ts';

const params = z.object({ id: OpaqueId });
const Model = z.string().max(100);
const Given = z.strictObject({
  model: Model,
  score: z.number().min(0).max(100).optional().describe('for models that give a score'),
  band: z.string().max(40).optional().describe('for models that give a band only'),
  at: When.optional(),
});

/** Scores of accounts, and the bands that follow from them. */
export function scoreRoutes(app: Api, deps: Deps, catalogOf: CatalogReader): void {
  const {
    database: { db },
    clock,
  } = deps;
  const tags = ['scores'];

  app.get(
    '/v1/score-models',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'The score models: inputs, weights, bands and their edges',
        response: { 200: z.object({ items: z.array(z.record(z.string(), z.unknown())) }) },
      },
    },
    async () => ({ items: newestModels.map(describeModel) }),
  );

  app.post(
    '/v1/accounts/:id/scores',
    {
      config: { needs: 'ingest' },
      schema: {
        tags,
        summary: 'Record a score that was worked out elsewhere; its band is acted on as one of our own',
        params,
        body: Given,
        response: {
          201: ScoreView,
          ...problemsOf('invalid-request', 'unknown-account', 'account-closed', 'unknown-model', 'invalid-date'),
        },
      },
    },
    async (request, reply) => {
      const { ingest, started } = ingestPort(deps, catalogOf);
      const row = await db.transaction((tx) =>
        giveScore(tx, {
          ...{ account: request.params.id, given: request.body, actor: actorOf(request) },
          ...{ ingest, now: clock() },
        }),
      );
      for (const journey of started) void launch(deps, journey);
      return reply.status(201).send(toScore(row));
    },
  );

  app.get(
    '/v1/accounts/:id/scores',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'The scores of an account, newest first, each with what it was made of',
        params,
        querystring: z.strictObject({ model: Model.optional(), ...paging }),
        response: { 200: Page(ScoreView), ...problemsOf('unknown-account') },
      },
    },
    async ({ params: { id }, query }) => {
      await mustKnow(db, id);
      const before = fromCursor(z.number().int(), query.cursor);
      const rows = await listScores(db, { account: id, model: query.model }, { before, limit: query.limit + 1 });
      return pageOf(rows, query.limit, toScore, (row) => row.seq);
    },
  );

  app.get(
    '/v1/accounts/:id/health',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'The bands of an account that are in force, and the newest score of each model',
        params,
        response: { 200: Health, ...problemsOf('unknown-account') },
      },
    },
    async (request) => healthOf(db, request.params.id),
  );
}
