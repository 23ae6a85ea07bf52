import { z } from 'zod';
import { countBands, listBands } from '../../../db/queries/scores/read-scores.ts';
import { listUsage } from '../../../db/queries/usage/list-usage.ts';
import { modelOf } from '../../../playbooks/scores/read-models.ts';
import { OpaqueId } from '../../../workflows/contracts/commands.ts';
import { Page, fromCursor, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { ingestPort } from '../../events/ingest-port.ts';
import { launch } from '../../journeys/start-journey.ts';
import type { CatalogReader } from '../../playbooks/catalog.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';
import { startSweep } from '../../scores/start-sweep.ts';
import { sweepOne } from '../../scores/sweep-one.ts';
import { mustKnow } from './views.ts';
import { DAY_MS } from '../../../workflows/contracts/time.ts';

const DAYS = 90;
const Listed = z.object({
  account: z.string(),
  model: z.string(),
  band: z.string(),
  score: z.number().nullable(),
  since: z.string(),
});

/** The health of all accounts together, and what each of them used. */
export function healthListRoutes(app: Api, deps: Deps, catalogOf: CatalogReader): void {
  const {
    database: { db },
    clock,
  } = deps;
  const tags = ['scores'];

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

  app.get(
    '/v1/health',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'Accounts by their band in force, by id; with the counts of each band',
        querystring: z.strictObject({
          model: z.string().max(100),
          band: z.string().max(200).optional().describe('one band, or several with commas'),
          ...paging,
        }),
        response: {
          200: Page(Listed).extend({ counts: z.record(z.string(), z.number().int()) }),
          ...problemsOf('invalid-request', 'unknown-model'),
        },
      },
    },
    async ({ query: { cursor, limit, ...query } }) => {
      const model = modelOf(query.model);
      const after = fromCursor(OpaqueId, cursor);
      const filter = { model: model.id, bands: query.band?.split(',') };
      const [rows, counted] = await Promise.all([
        listBands(db, filter, { after, limit: limit + 1 }),
        countBands(db, model.id),
      ]);
      const counts = Object.fromEntries(
        model.bands.map(({ id }) => [id, counted.find((row) => row.band === id)?.count ?? 0]),
      );
      const item = ({ accountId: account, band, score, since }: (typeof rows)[number]) => ({
        ...{ account, model: model.id, band, score },
        since: since.toISOString(),
      });
      return { ...pageOf(rows, limit, item, (row) => row.accountId), counts };
    },
  );
  app.get(
    '/v1/accounts/:id/usage',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'What an account used, by metric and day (UTC); the last 90 days unless asked otherwise',
        params: z.object({ id: OpaqueId }),
        querystring: z.strictObject({
          metric: z.string().max(64).optional(),
          from: z.iso.date().optional(),
          to: z.iso.date().optional(),
        }),
        response: {
          200: z.object({ items: z.array(z.object({ metric: z.string(), day: z.string(), amount: z.number() })) }),
          ...problemsOf('invalid-request', 'unknown-account'),
        },
      },
    },
    async ({ params: { id }, query }) => {
      await mustKnow(db, id);
      const to = query.to ?? day(clock());
      const from = query.from ?? day(Date.parse(to) - (DAYS - 1) * DAY_MS);
      return { items: await listUsage(db, { account: id, metric: query.metric, from, to }) };
    },
  );
}

const day = (at: number) => new Date(at).toISOString().slice(0, 10);
