import { z } from 'zod';
import { answerOffer } from '../../../db/queries/offers/answer-offer.ts';
import { listOffers } from '../../../db/queries/offers/list-offers.ts';
import type { OfferRow } from '../../../db/queries/offers/list-offers.ts';
import { OpaqueId } from '../../../workflows/contracts/commands.ts';
import { Page, fromCursor, markAt, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { launch } from '../../journeys/start-journey.ts';
import { storeAnswer } from '../../offers/store-answer.ts';
import type { CatalogReader } from '../../playbooks/catalog.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';

const OfferView = z
  .object({
    id: z.string(),
    journey: z.string(),
    account: z.string(),
    step: z.string(),
    offer: z.string(),
    terms: z.record(z.string(), z.unknown()),
    state: z.string(),
    expiresAt: z.string().nullable(),
    answeredBy: z.string().nullable(),
    answeredAt: z.string().nullable(),
    createdAt: z.string(),
  })
  .meta({ id: 'Offer' });
const Mark = z.object({ at: markAt, id: z.uuid() });

/** Offers: what was put to customers, and what they said. */
export function offerRoutes(app: Api, deps: Deps, catalogOf: CatalogReader): void {
  const {
    database: { db },
    clock,
  } = deps;
  const tags = ['offers'];
  app.get(
    '/v1/offers',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'List offers, newest first',
        querystring: z.strictObject({
          account: OpaqueId.optional(),
          journey: z.uuid().optional(),
          state: z.enum(['open', 'accepted', 'declined', 'expired', 'withdrawn']).optional(),
          ...paging,
        }),
        response: { 200: Page(OfferView), ...problemsOf('invalid-request') },
      },
    },
    async ({ query }) => {
      const { cursor, limit, account, journey, state } = query;
      const mark = fromCursor(Mark, cursor);
      const after = mark && { at: new Date(mark.at), id: mark.id };
      const rows = await listOffers(db, { accountId: account, journeyId: journey, state, after, limit: limit + 1 });
      return pageOf(rows, limit, toView, (row) => ({ at: row.createdAt.toISOString(), id: row.id }));
    },
  );
  for (const [verb, answer] of [
    ['accept', 'accepted'],
    ['decline', 'declined'],
  ] as const)
    app.post(
      `/v1/offers/:id/${verb}`,
      {
        config: { needs: 'answer' },
        schema: {
          tags,
          summary: `The customer ${answer} an offer; the first answer wins`,
          params: z.object({ id: z.uuid() }),
          body: z
            .strictObject({
              reason: z.string().max(2000).optional(),
              ...(answer === 'accepted' ? { months: z.number().int().positive().max(36).optional() } : {}),
            })
            .nullish(),
          response: { 200: OfferView, ...problemsOf('invalid-request', 'unknown-item', 'already-decided', 'gone') },
        },
      },
      async (request) => {
        const actor = actorOf(request);
        const now = clock();
        const { reason, months } = (request.body ?? {}) as { reason?: string; months?: number };
        const { store, started } = storeAnswer(deps, catalogOf, { actor, now });
        const given = { id: request.params.id, answer, reason, months, actor, now: new Date(now), store };
        const answered = await answerOffer(db, given);
        for (const row of started) void launch(deps, row);
        return toView(answered);
      },
    );
}

const toView = (row: OfferRow): z.infer<typeof OfferView> => ({
  id: row.id,
  journey: row.journeyId,
  account: row.accountId,
  step: row.step,
  offer: row.offer,
  terms: row.terms,
  state: row.state,
  expiresAt: row.expiresAt?.toISOString() ?? null,
  answeredBy: row.answeredBy,
  answeredAt: row.answeredAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
});
