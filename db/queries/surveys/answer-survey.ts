import { eq } from 'drizzle-orm';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import type { Db, Tx } from '../../database.ts';
import { journeys, surveys } from '../../schema/index.ts';
import type { SurveyRow } from '../../schema/index.ts';
import { recordDecision } from '../decisions/record-decision.ts';
import { tellFact } from '../deliveries/tell-fact.ts';
import { holdJourney } from '../touches/lock-journey.ts';

export type AnswerSurvey = { id: string; score: number; comment?: string; actor: string; now: Date };

/**
 * Takes the answer to a survey: the first one wins and the run is told the score, in one transaction; the comment stays in the database. Throws
 * `unknown-item`, `invalid-request` for a score off the scale, `already-decided` with the winner, `gone` when it has expired.
 */
export async function answerSurvey(db: Db, i: AnswerSurvey): Promise<SurveyRow> {
  const result = await db.transaction(async (tx) => {
    const [of] = await tx.select({ journeyId: surveys.journeyId }).from(surveys).where(eq(surveys.id, i.id));
    if (of) await holdJourney(tx, of.journeyId);
    const [survey] = await tx.select().from(surveys).where(eq(surveys.id, i.id)).for('update');
    if (!survey) throw new TenureError('unknown-item', 'There is no such survey');
    const { scaleFrom, scaleTo } = survey;
    if (!Number.isInteger(i.score) || i.score < scaleFrom || i.score > scaleTo)
      throw new TenureError('invalid-request', `The score must be a whole number from ${scaleFrom} to ${scaleTo}`, {
        errors: [{ pointer: '/score', detail: 'off the scale' }],
      });
    if (survey.state === 'answered') {
      const winner = { by: survey.answeredBy, at: survey.answeredAt?.toISOString() ?? null };
      throw new TenureError('already-decided', 'The survey is answered already', { winner });
    }
    if (survey.state !== 'open') return 'gone' as const;
    if (await isOver(tx, survey, i.now)) {
      await tx.update(surveys).set({ state: 'expired' }).where(eq(surveys.id, survey.id));
      return 'gone' as const;
    }
    const { score, comment = null, actor, now } = i;
    const [answered] = await tx
      .update(surveys)
      .set({ state: 'answered', score, comment, answeredBy: actor, answeredAt: now })
      .where(eq(surveys.id, survey.id))
      .returning();
    await record(tx, answered!, i);
    return answered!;
  });
  if (result === 'gone') throw new TenureError('gone', 'The survey has been closed');
  return result;
}

/** The run may have moved the expiry since; the row's own date stands where the snapshot has not come to it yet. */
async function isOver(tx: Tx, survey: SurveyRow, now: Date): Promise<boolean> {
  const [journey] = await tx
    .select({ snapshot: journeys.snapshot, endedAt: journeys.endedAt })
    .from(journeys)
    .where(eq(journeys.id, survey.journeyId));
  if (journey!.endedAt) return true;
  const step = journey!.snapshot.steps[survey.step];
  const told = step?.n === survey.n && (step.st === 'open' || step.st === 'done') ? step : undefined;
  if (told?.st === 'done') return true;
  const expires = told?.expires ?? survey.expiresAt?.getTime();
  return expires !== undefined && expires <= now.getTime();
}

async function record(tx: Tx, survey: SurveyRow, { score, actor, now }: AnswerSurvey): Promise<void> {
  const { id, journeyId, accountId, step, n } = survey;
  await tellFact(tx, {
    type: 'survey.answered',
    ...{ accountId, journeyId, step, actor, now },
    what: 'answered',
    value: score,
    data: { survey: id, score },
  });
  const decision = { journeyId, step, n, accountId, kind: 'survey', channel: null, at: now };
  await recordDecision(tx, { ...decision, outcome: 'answered', reason: 'answered', details: { survey: id, score } });
}
