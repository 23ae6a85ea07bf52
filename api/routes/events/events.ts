import { z } from 'zod';
import { EventBody } from '../../../workflows/contracts/api.ts';
import type { Api, Deps } from '../../deps.ts';
import { ingestEvents } from '../../events/ingest-events.ts';
import { launch } from '../../journeys/start-journey.ts';
import type { CatalogReader } from '../../playbooks/catalog.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';

const Accepted = z.object({ accepted: z.number().int(), duplicates: z.number().int() });

/** What happened outside. */
export function eventRoutes(app: Api, deps: Deps, catalogOf: CatalogReader): void {
  app.post(
    '/v1/events',
    {
      config: { needs: 'ingest', stored: true },
      bodyLimit: deps.limits.eventBytes,
      schema: {
        tags: ['events'],
        summary: 'Store 1 to 500 events, all or none; stored before it is answered, and once by id',
        body: z.strictObject({ events: z.array(EventBody).min(1).max(500) }),
        response: {
          202: Accepted,
          ...problemsOf(
            'invalid-request',
            'unknown-account',
            'account-closed',
            'id-reused',
            'unknown-name',
            'invalid-date',
            'body-too-large',
          ),
        },
      },
    },
    async (request, reply) => {
      const {
        database: { db },
        clock,
        config,
      } = deps;
      const { events } = request.body;
      const stored = await db.transaction(async (tx) =>
        ingestEvents(tx, {
          events,
          actor: actorOf(request),
          catalog: await catalogOf(tx),
          systemZone: config.systemZone,
          secret: config.secret,
          now: clock(),
          clockShift: deps.clockShift?.(),
        }),
      );
      // Committed as `starting`: should this process end before the run begins, a dispatcher starts it.
      for (const row of stored.started) void launch(deps, row);
      return reply.status(202).send({ accepted: stored.accepted, duplicates: stored.duplicates });
    },
  );
}
