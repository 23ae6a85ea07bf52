import { z } from 'zod';
import { AlertmanagerBody, takeAlertmanager } from '../../incidents/take-alertmanager.ts';
import { unlessLost } from '../../incidents/open-unless-open.ts';
import type { Api, Deps } from '../../deps.ts';
import { launch } from '../../journeys/start-journey.ts';
import type { CatalogReader } from '../../playbooks/catalog.ts';
import { actorOf } from '../../plugins/authority.ts';
import { idFor } from '../../plugins/idempotency.ts';
import { problemsOf } from '../../responses.ts';

/** Alerts of Prometheus' Alertmanager: a group is one incident. Its bearer is an API key, or the token that is its own. */
export function alertmanagerHook(app: Api, deps: Deps, catalogOf: CatalogReader): void {
  app.post(
    '/v1/hooks/alertmanager',
    {
      bodyLimit: deps.limits.eventBytes,
      config: { needs: 'ingest', token: deps.config.alertmanagerToken },
      schema: {
        tags: ['incidents'],
        summary: 'Take alerts in the format of Alertmanager, version 4',
        body: AlertmanagerBody,
        response: {
          200: z.object({
            incident: z.string().nullable(),
            created: z.boolean(),
            alerts: z.number().int().describe('Alerts that were not known'),
            firing: z.number().int(),
          }),
          ...problemsOf('invalid-request'),
        },
      },
    },
    async (request) => {
      const { journey, ...answer } = await unlessLost(deps.database.db, async (tx) =>
        takeAlertmanager(tx, {
          id: idFor(request, 'incident'),
          body: request.body,
          actor: actorOf(request),
          catalog: await catalogOf(tx),
          systemZone: deps.config.systemZone,
          now: deps.clock(),
          perSecond: deps.limits.releasePerSecond,
          clockShift: deps.clockShift?.(),
        }),
      );
      if (journey) await launch(deps, journey);
      return answer;
    },
  );
}
