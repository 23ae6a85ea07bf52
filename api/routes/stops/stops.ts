import { z } from 'zod';
import { listOpenStops } from '../../../db/queries/holds/list-open.ts';
import { placeStop } from '../../../db/queries/holds/place-stop.ts';
import type { StopRow } from '../../../db/queries/holds/place-stop.ts';
import { releaseStop } from '../../../db/queries/holds/release-stop.ts';
import { readPlaybook } from '../../../db/queries/playbooks/read-playbook.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import { Channel } from '../../../workflows/contracts/playbook.ts';
import type { Api, Deps } from '../../deps.ts';
import { actorOf } from '../../plugins/authority.ts';
import { idFor } from '../../plugins/idempotency.ts';
import { InvalidRequest } from '../../problem.ts';
import { problemsOf } from '../../responses.ts';
import { When } from '../../../workflows/contracts/time-schema.ts';
import { Reason } from '../holds/holds.ts';

const StopView = z
  .object({
    id: z.string(),
    scope: z.string(),
    target: z.string().nullable(),
    reason: z.string(),
    by: z.string(),
    at: z.string(),
    until: z.string().nullable(),
    releasedAt: z.string().nullable(),
    releasedBy: z.string().nullable(),
  })
  .meta({ id: 'Stop' });

/** Stops: nothing leaves at all. */
export function stopRoutes(app: Api, { database: { db }, clock, limits }: Deps): void {
  const tags = ['stops'];
  // A stop of what does not exist stops nothing, while staff believe that it does.
  const checkTarget = async ({ scope, target }: { scope: string; target?: string }) => {
    if (target === undefined) return;
    if (scope === 'channel' && !Channel.safeParse(target).success)
      throw new InvalidRequest([{ pointer: '/target', detail: `one of ${Channel.options.join(', ')}` }]);
    if (scope === 'playbook' && !(await readPlaybook(db, target)))
      throw new TenureError('unknown-playbook', `There is no playbook ${target}.`, { playbook: target });
  };

  app.post(
    '/v1/stops',
    {
      config: { needs: 'admin' },
      schema: {
        tags,
        summary: 'Let nothing leave: everywhere, on a channel, by a provider, or of a playbook',
        body: z.strictObject({
          scope: z.enum(['global', 'channel', 'provider', 'playbook']),
          target: z.string().min(1).max(100).optional(),
          reason: Reason,
          until: When.optional(),
        }),
        response: {
          201: StopView.extend({ inFlight: z.number().int() }),
          ...problemsOf('invalid-request', 'invalid-date', 'unknown-playbook'),
        },
      },
    },
    async (request, reply) => {
      const { until, ...rest } = request.body;
      await checkTarget(rest);
      const { stop, inFlight } = await placeStop(db, {
        id: idFor(request, 'stop'),
        ...rest,
        until: until === undefined ? null : new Date(until),
        actor: actorOf(request),
        now: new Date(clock()),
      });
      return reply.status(201).send({ ...toView(stop), inFlight });
    },
  );
  app.get(
    '/v1/stops',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'The stops that stand',
        response: { 200: z.object({ items: z.array(StopView) }), ...problemsOf() },
      },
    },
    async () => ({ items: (await listOpenStops(db, { now: new Date(clock()) })).map(toView) }),
  );
  app.post(
    '/v1/stops/:id/release',
    {
      config: { needs: 'admin' },
      schema: {
        tags,
        summary: 'End a stop and wake what waits on it, at a set rate',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({ reason: Reason }),
        response: {
          200: StopView.extend({ woken: z.number().int() }),
          ...problemsOf('invalid-request', 'unknown-item', 'already-decided'),
        },
      },
    },
    async (request) => {
      const { stop, woken } = await releaseStop(db, {
        id: request.params.id,
        reason: request.body.reason,
        actor: actorOf(request),
        now: new Date(clock()),
        perSecond: limits.releasePerSecond,
      });
      return { ...toView(stop), woken };
    },
  );
}

const toView = (row: StopRow): z.infer<typeof StopView> => ({
  id: row.id,
  scope: row.scope,
  target: row.target,
  reason: row.reason,
  by: row.by,
  at: row.at.toISOString(),
  until: row.until?.toISOString() ?? null,
  releasedAt: row.releasedAt?.toISOString() ?? null,
  releasedBy: row.releasedBy,
});
