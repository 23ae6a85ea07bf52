import { z } from 'zod';
import { answerSurvey } from '../../../db/queries/surveys/answer-survey.ts';
import { listSurveys } from '../../../db/queries/surveys/list-surveys.ts';
import type { SurveyRow } from '../../../db/schema/index.ts';
import { OpaqueId } from '../../../workflows/contracts/commands.ts';
import { Page, fromCursor, markAt, pageOf, paging } from '../../cursor.ts';
import type { Api, Deps } from '../../deps.ts';
import { actorOf } from '../../plugins/authority.ts';
import { problemsOf } from '../../responses.ts';

const SurveyView = z
  .object({
    id: z.string(),
    journey: z.string(),
    account: z.string(),
    contact: z.string(),
    step: z.string(),
    question: z.string(),
    from: z.number().int(),
    to: z.number().int(),
    state: z.string(),
    score: z.number().int().nullable(),
    comment: z.string().nullable(),
    expiresAt: z.string().nullable(),
    answeredBy: z.string().nullable(),
    answeredAt: z.string().nullable(),
    createdAt: z.string(),
  })
  .meta({ id: 'Survey' });
const Mark = z.object({ at: markAt, id: z.uuid() });

/** Surveys: what contacts were asked, and what they said. */
export function surveyRoutes(app: Api, { database: { db }, clock }: Deps): void {
  const tags = ['surveys'];
  app.get(
    '/v1/surveys',
    {
      config: { needs: 'read' },
      schema: {
        tags,
        summary: 'List surveys, newest first',
        querystring: z.strictObject({
          account: OpaqueId.optional(),
          journey: z.uuid().optional(),
          step: z.string().max(64).optional(),
          state: z.enum(['open', 'answered', 'expired', 'withdrawn']).optional(),
          ...paging,
        }),
        response: { 200: Page(SurveyView), ...problemsOf('invalid-request') },
      },
    },
    async ({ query }) => {
      const { cursor, limit, account, journey, ...filter } = query;
      const after = fromCursor(Mark, cursor);
      const rows = await listSurveys(db, {
        ...filter,
        accountId: account,
        journeyId: journey,
        after,
        limit: limit + 1,
      });
      return pageOf(rows, limit, toView, (row) => ({ at: row.createdAt.toISOString(), id: row.id }));
    },
  );
  app.post(
    '/v1/surveys/:id/answer',
    {
      config: { needs: 'answer' },
      schema: {
        tags,
        summary: 'Answer a survey for the contact; the first answer wins',
        params: z.object({ id: z.uuid() }),
        body: z.strictObject({ score: z.number().int(), comment: z.string().max(2000).optional() }),
        response: { 200: SurveyView, ...problemsOf('invalid-request', 'unknown-item', 'already-decided', 'gone') },
      },
    },
    async (request) => {
      const { id } = request.params;
      return toView(await answerSurvey(db, { id, ...request.body, actor: actorOf(request), now: new Date(clock()) }));
    },
  );
}

const toView = (row: SurveyRow): z.infer<typeof SurveyView> => ({
  id: row.id,
  journey: row.journeyId,
  account: row.accountId,
  contact: row.contactId,
  step: row.step,
  question: row.question,
  from: row.scaleFrom,
  to: row.scaleTo,
  state: row.state,
  score: row.score,
  comment: row.comment,
  expiresAt: row.expiresAt?.toISOString() ?? null,
  answeredBy: row.answeredBy,
  answeredAt: row.answeredAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
});
