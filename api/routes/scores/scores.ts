import { z } from 'zod';
import { readAccount } from '../../../db/queries/accounts/read-account.ts';
import { bandsWithOverrides, listScores, newestScores } from '../../../db/queries/scores/read-scores.ts';
import { describeModel } from '../../../playbooks/scores/describe-model.ts';
import { newestModels } from '../../../playbooks/scores/read-models.ts';
import { OpaqueId } from '../../../workflows/contracts/commands.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import { Page, fromCursor, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { ingestPort } from '../../events/ingest-port.ts';
import { launch } from '../../journeys/start-journey.ts';
import type { CatalogReader } from '../../playbooks/catalog.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';
import { giveScore } from '../../scores/give-score.ts';
import { endBandOverride, overrideBand } from '../../scores/override-band.ts';
import { startSweep } from '../../scores/start-sweep.ts';
import { sweepOne } from '../../scores/sweep-one.ts';
import { BandView, ScoreView, toBand, toScore } from './views.ts';

const params = z.object({ id: OpaqueId });
const Model = z.string().max(100);
const withModel = params.extend({ model: Model });
const Override = z.strictObject({
  band: z.string().max(40),
  reason: z.string().trim().min(1).max(2000),
  until: z.iso.datetime({ offset: true }),
});
const Given = z.strictObject({
  model: Model,
  score: z.number().min(0).max(100).optional().describe('for models that give a score'),
  band: z.string().max(40).optional().describe('for models that give a band only'),
  at: z.iso.datetime({ offset: true }).optional(),
});
const Health = z.object({ account: z.string(), bands: z.array(BandView), scores: z.array(ScoreView) });

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
      await mustKnow(id);
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
    async (request) => health(request.params.id),
  );

  app.put(
    '/v1/accounts/:id/health/:model/override',
    {
      config: { needs: 'act' },
      schema: {
        tags,
        summary: 'Set a band by hand until a moment; the scores go on beneath it',
        params: withModel,
        body: Override,
        response: {
          200: Health,
          ...problemsOf('invalid-request', 'unknown-account', 'account-closed', 'unknown-model', 'invalid-date'),
        },
      },
    },
    async (request) => {
      const { ingest, started } = ingestPort(deps, catalogOf);
      const { id: account, model } = request.params;
      await db.transaction((tx) =>
        overrideBand(tx, { account, model, ...request.body, actor: actorOf(request), ingest, now: clock() }),
      );
      for (const journey of started) void launch(deps, journey);
      return health(account);
    },
  );

  app.delete(
    '/v1/accounts/:id/health/:model/override',
    {
      config: { needs: 'act' },
      schema: {
        tags,
        summary: 'Take an override back: what the scores come to is in force again',
        params: withModel,
        response: {
          200: Health,
          ...problemsOf('unknown-account', 'account-closed', 'unknown-model', 'unknown-item'),
        },
      },
    },
    async (request) => {
      const { ingest, started } = ingestPort(deps, catalogOf);
      const { id: account, model } = request.params;
      await db.transaction((tx) =>
        endBandOverride(tx, { account, model, actor: actorOf(request), ingest, now: clock() }),
      );
      for (const journey of started) void launch(deps, journey);
      return health(account);
    },
  );

  app.post(
    '/v1/health/sweep',
    {
      config: { needs: 'act' },
      schema: {
        tags,
        summary: 'Sweep one account now, and answer what that did; without an account all of them, in the background',
        body: z.strictObject({ account: OpaqueId.optional() }).nullish(),
        response: {
          200: z.object({ stored: z.number().int(), changed: z.number().int(), drops: z.number().int() }),
          202: z.object({ workflow: z.string() }),
          ...problemsOf('invalid-request', 'unknown-account', 'account-closed', 'engine-unavailable'),
        },
      },
    },
    async (request, reply) => {
      const account = request.body?.account;
      if (account === undefined) return reply.status(202).send({ workflow: await startSweep(deps) });
      const { ingest, started } = ingestPort(deps, catalogOf);
      const swept = await db.transaction((tx) =>
        sweepOne(tx, { account, actor: actorOf(request), ingest, now: clock() }),
      );
      for (const journey of started) void launch(deps, journey);
      return swept;
    },
  );

  const mustKnow = async (id: string) => {
    const row = await readAccount(db, id);
    if (!row) throw new TenureError('unknown-account', `There is no account ${id}.`, { account: id });
  };

  const health = async (account: string): Promise<z.infer<typeof Health>> => {
    await mustKnow(account);
    const [bands, scores] = await Promise.all([bandsWithOverrides(db, account), newestScores(db, account)]);
    return { account, bands: bands.map(toBand), scores: scores.map(toScore) };
  };
}
