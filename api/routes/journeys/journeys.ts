import { z } from 'zod';
import type { Db, Tx } from '../../../db/database.ts';
import { listJourneys } from '../../../db/queries/journeys/list-journeys.ts';
import { readJourney } from '../../../db/queries/journeys/read-journey.ts';
import type { JourneyRow } from '../../../db/schema/journeys.ts';
import { StartJourneyBody } from '../../../workflows/contracts/api.ts';
import { OpaqueId } from '../../../workflows/contracts/commands.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import { isIncidentKind } from '../../../workflows/contracts/incident-kinds.ts';
import { When } from '../../../workflows/contracts/time-schema.ts';
import { Page, fromCursor, markAt, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { mustBeOfCustomers } from '../../accounts/of-customers.ts';
import { InvalidRequest } from '../../problem.ts';
import { openJourney } from '../../journeys/open-journey.ts';
import { present } from '../../journeys/present.ts';
import { launch } from '../../journeys/start-journey.ts';
import { Forecast, JourneyItem, JourneyView, forecastOf, toForecast, toItem, toView } from '../../journeys/view.ts';
import { mustFind } from '../../playbooks/catalog.ts';
import type { CatalogReader } from '../../playbooks/catalog.ts';
import { actorOf } from '../../plugins/authority.ts';
import { idFor } from '../../plugins/idempotency.ts';
import { problemsOf } from '../../responses.ts';

/** The filter of lists and bulk commands. */
export const JourneyQuery = z.strictObject({
  account: OpaqueId.optional(),
  playbook: z.string().max(100).optional(),
  version: z.coerce.number().int().positive().optional(),
  kind: z.string().max(40).optional(),
  state: z.enum(['open', 'starting', 'running', 'paused', 'ended']).optional(),
  stage: z.string().max(80).optional(),
  owner: OpaqueId.optional(),
  dueBefore: When.optional(),
});

export const journeyParams = z.object({ id: z.string().max(64) });
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The journey of a path, or the error that there is none. */
export async function mustRead(db: Db | Tx, id: string): Promise<JourneyRow> {
  const row = UUID.test(id) ? await readJourney(db, id) : undefined;
  if (!row) throw new TenureError('unknown-journey', 'There is no such journey.', { journey: id });
  return row;
}

const Mark = z.object({ at: markAt, id: z.uuid() });

/** Journeys: start, list, read. */
export function journeyRoutes(app: Api, deps: Deps, catalogOf: CatalogReader): void {
  const {
    database: { db },
    clock,
    config,
  } = deps;
  const tags = ['journeys'];

  app.post(
    '/v1/journeys',
    {
      config: { needs: 'ingest' },
      schema: {
        tags,
        summary:
          'Start a journey: 201 when it is new, 200 when it runs already, 202 when the engine will start it as soon as it can',
        body: StartJourneyBody,
        response: {
          200: JourneyItem,
          201: JourneyItem,
          202: JourneyItem,
          ...problemsOf(
            'invalid-request',
            'unknown-account',
            'unknown-playbook',
            'account-closed',
            'reentry-refused',
            'other-journey-open',
            'unknown-name',
            'unknown-plan',
            'invalid-date',
            'fact-missing',
          ),
        },
      },
    },
    async (request, reply) => {
      const { playbook, version, ...body } = request.body;
      mustBeOfCustomers(body.account);
      const { row, created } = await db.transaction(async (tx) => {
        const found = mustFind(await catalogOf(tx), playbook, version);
        if (isIncidentKind(found.definition.kind))
          throw new InvalidRequest([{ pointer: '/playbook', detail: 'incidents are opened by POST /v1/incidents' }]);
        return openJourney(tx, {
          id: idFor(request, 'journey'),
          playbook: found,
          body,
          actor: actorOf(request),
          systemZone: config.systemZone,
          now: clock(),
          clockShift: deps.clockShift?.(),
        });
      });
      const launched = await launch(deps, row);
      const status = launched.state === 'starting' ? 202 : created ? 201 : 200;
      return reply.status(status).send(toItem(launched, config));
    },
  );

  app.get(
    '/v1/journeys',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'List journeys, newest first',
        querystring: JourneyQuery.extend(paging),
        response: { 200: Page(JourneyItem), ...problemsOf('invalid-request') },
      },
    },
    async ({ query }) => {
      const { cursor, limit, dueBefore, ...filter } = query;
      const after = fromCursor(Mark, cursor);
      const rows = await listJourneys(
        db,
        { ...filter, dueBefore: dueBefore === undefined ? undefined : new Date(dueBefore) },
        { after, limit: limit + 1 },
      );
      return pageOf(
        rows,
        limit,
        (row) => toItem(row, config),
        (row) => ({ at: row.startedAt.toISOString(), id: row.id }),
      );
    },
  );

  app.get(
    '/v1/journeys/:id',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'Read a journey as it is now',
        params: journeyParams,
        response: { 200: JourneyView, ...problemsOf('unknown-journey') },
      },
    },
    async (request) => toView(db, await mustRead(db, request.params.id), clock(), config),
  );

  app.get(
    '/v1/journeys/:id/forecast',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'What will happen when nothing intervenes',
        params: journeyParams,
        response: { 200: z.object({ rev: z.number().int(), forecast: Forecast }), ...problemsOf('unknown-journey') },
      },
    },
    async (request) => {
      const now = await present(db, await mustRead(db, request.params.id), clock());
      return { rev: now.state.rev, forecast: toForecast(forecastOf(now)) };
    },
  );
}
