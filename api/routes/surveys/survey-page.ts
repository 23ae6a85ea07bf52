import { z } from 'zod';
import { readSurvey } from '../../../activities/survey-token.ts';
import { answerSurvey } from '../../../db/queries/surveys/answer-survey.ts';
import { findSurvey } from '../../../db/queries/surveys/list-surveys.ts';
import type { SurveyRow } from '../../../db/schema/index.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import type { Api, Deps } from '../../deps.ts';
import { markup, sendPage } from '../../pages/page.ts';
import type { Html } from '../../pages/page.ts';

const params = z.object({ token: z.string().max(2048) });
type Reply = Parameters<typeof sendPage>[0];

/** Where a contact answers a survey by a signed link, without signing in. GET only asks, since scanners follow links. */
export async function surveyPage(app: Api, { database: { db }, clock, config }: Deps): Promise<void> {
  await app.register(async (plain) => {
    const routes = plain as unknown as Api;
    routes.removeAllContentTypeParsers();
    routes.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 16_384 },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body as string))),
    );
    const surveyOf = async (token: string) => {
      const claim = readSurvey(token, config.secret);
      return claim && findSurvey(db, claim);
    };

    routes.get(
      '/s/:token',
      {
        config: { needs: 'public' },
        schema: { tags: ['surveys'], summary: 'A page that asks the question of a survey', security: [], params },
      },
      async (request, reply) => {
        const { token } = request.params;
        const survey = await surveyOf(token);
        if (!survey) return invalid(reply);
        if (survey.state === 'answered') return already(reply);
        if (survey.state !== 'open' || (survey.expiresAt?.getTime() ?? Infinity) <= clock()) return closed(reply);
        return sendPage(reply, survey.question, form(survey, token), { narrow: true });
      },
    );

    routes.post(
      '/s/:token',
      {
        config: { needs: 'public' },
        schema: { tags: ['surveys'], summary: 'The answer of the page', security: [], params },
      },
      async (request, reply) => {
        const survey = await surveyOf(request.params.token);
        if (!survey) return invalid(reply);
        const { score, comment } = (request.body ?? {}) as Record<string, string>;
        const said = comment?.trim().slice(0, 2000);
        try {
          const answer = { id: survey.id, score: score ? Number(score) : NaN, ...(said ? { comment: said } : {}) };
          await answerSurvey(db, { ...answer, actor: `contact:${survey.contactId}`, now: new Date(clock()) });
        } catch (error) {
          const code = error instanceof TenureError ? error.code : undefined;
          if (code === 'already-decided') return already(reply);
          if (code === 'gone') return closed(reply);
          if (code !== 'invalid-request') throw error;
          const page = form(survey, request.params.token);
          return sendPage(reply, survey.question, page, { status: 400, narrow: true });
        }
        return sendPage(
          reply,
          'Thank you',
          markup`<h1>Thank you</h1>
            <p>Your answer has reached us, and somebody will read it.</p>`,
          { narrow: true },
        );
      },
    );
  });
}

function form(survey: SurveyRow, token: string): Html {
  const scale = Array.from({ length: survey.scaleTo - survey.scaleFrom + 1 }, (_, k) => survey.scaleFrom + k);
  return markup`<h1>${survey.question}</h1>
    <form method="post" action="/s/${token}">
      <fieldset>
        <legend>From ${survey.scaleFrom} to ${survey.scaleTo}</legend>
        ${scale.map((k) => markup`<label><input type="radio" name="score" value="${k}" required /> ${k}</label> `)}
      </fieldset>
      <p>
        <label for="comment">Anything to add?</label><br />
        <textarea id="comment" name="comment" rows="4" maxlength="2000"></textarea>
      </p>
      <button type="submit">Send</button>
    </form>`;
}

const already = (reply: Reply) =>
  sendPage(
    reply,
    'Already answered',
    markup`<h1>This has been answered already</h1>
      <p>Thank you: the first answer is kept.</p>`,
    { status: 409, narrow: true },
  );
const closed = (reply: Reply) =>
  sendPage(
    reply,
    'Closed',
    markup`<h1>This survey is closed</h1>
      <p>Thank you for wanting to answer.</p>`,
    { status: 410, narrow: true },
  );
const invalid = (reply: Reply) =>
  sendPage(
    reply,
    'Unknown link',
    markup`<h1>This link is not valid</h1>
      <p>It may have been cut off by your mail program. Please copy it whole.</p>`,
    { status: 404, narrow: true },
  );
