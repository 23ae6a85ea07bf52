import { z } from 'zod';
import { listOpenHolds } from '../../../db/queries/holds/list-open.ts';
import { placeHold } from '../../../db/queries/holds/place-hold.ts';
import { releaseHold } from '../../../db/queries/holds/release-hold.ts';
import { OpaqueId } from '../../../workflows/contracts/commands.ts';
import { When } from '../../../workflows/contracts/time-schema.ts';
import type { Api, Deps } from '../../deps.ts';
import { HoldView, toHold } from '../../holds/hold-view.ts';
import { actorOf } from '../../plugins/authority.ts';
import { idFor } from '../../plugins/idempotency.ts';
import { problemsOf } from '../../responses.ts';

export const Reason = z.string().trim().min(1).max(2000);
/** Holds: nobody speaks to this account, or to one contact of it. */
export function holdRoutes(app: Api, { database: { db }, clock, limits }: Deps): void {
  const tags = ['holds'];
  app.post(
    '/v1/holds',
    {
      config: { needs: 'act' },
      schema: {
        tags,
        summary:
          'Let nobody speak to an account; answers once what was at a provider already has settled, and how many messages had not',
        body: z.strictObject({
          account: OpaqueId,
          contact: z.uuid().optional(),
          level: z
            .string()
            .regex(/^[a-z0-9-]{1,40}$/)
            .optional(),
          reason: Reason,
          until: When.optional(),
        }),
        response: {
          201: HoldView.extend({ inFlight: z.number().int() }),
          ...problemsOf('invalid-request', 'unknown-account', 'unknown-item', 'invalid-date'),
        },
      },
    },
    async (request, reply) => {
      const { account, contact, until, ...rest } = request.body;
      const { hold, inFlight } = await placeHold(db, {
        id: idFor(request, 'hold'),
        ...rest,
        accountId: account,
        contactId: contact,
        until: until === undefined ? null : new Date(until),
        actor: actorOf(request),
        now: new Date(clock()),
      });
      return reply.status(201).send({ ...toHold(hold), inFlight });
    },
  );
  app.get(
    '/v1/holds',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'The holds that stand',
        querystring: z.strictObject({ account: OpaqueId.optional() }),
        response: { 200: z.object({ items: z.array(HoldView) }), ...problemsOf() },
      },
    },
    async ({ query }) => ({
      items: (await listOpenHolds(db, { accountId: query.account, now: new Date(clock()) })).map(toHold),
    }),
  );
  app.post(
    '/v1/holds/:id/release',
    {
      config: { needs: 'act' },
      schema: {
        tags,
        summary: 'End a hold and wake what waits on it, at a set rate',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({ reason: Reason }),
        response: {
          200: HoldView.extend({ woken: z.number().int() }),
          ...problemsOf('invalid-request', 'unknown-item', 'already-decided'),
        },
      },
    },
    async (request) => {
      const { hold, woken } = await releaseHold(db, {
        id: request.params.id,
        reason: request.body.reason,
        actor: actorOf(request),
        now: new Date(clock()),
        perSecond: limits.releasePerSecond,
      });
      return { ...toHold(hold), woken };
    },
  );
}
