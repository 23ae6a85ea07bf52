import { z } from 'zod';
import { OpaqueId } from '../../../workflows/contracts/commands.ts';
import { When } from '../../../workflows/contracts/time-schema.ts';
import type { Api, Deps } from '../../deps.ts';
import { ingestPort } from '../../events/ingest-port.ts';
import { launch } from '../../journeys/start-journey.ts';
import type { CatalogReader } from '../../playbooks/catalog.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';
import { endBandOverride, overrideBand } from '../../scores/override-band.ts';
import { Health, healthOf } from './views.ts';

const withModel = z.object({ id: OpaqueId, model: z.string().max(100) });
const Override = z.strictObject({
  band: z.string().max(40),
  reason: z.string().trim().min(1).max(2000),
  until: When,
});

/** Bands that staff set by hand. */
export function overrideRoutes(app: Api, deps: Deps, catalogOf: CatalogReader): void {
  const {
    database: { db },
    clock,
  } = deps;
  const tags = ['scores'];

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
      return healthOf(db, account);
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
      return healthOf(db, account);
    },
  );
}
