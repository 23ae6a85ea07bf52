import { randomUUID } from 'node:crypto';
import { and, eq, gt, ne, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { journeys, messages, surveys } from '../../schema/index.ts';

/** Records a question that was put to a contact, once an occurrence of its step. */
export async function openSurvey(tx: Tx, survey: Omit<typeof surveys.$inferInsert, 'id' | 'state'>): Promise<void> {
  await tx
    .insert(surveys)
    .values({ ...survey, id: randomUUID(), state: 'open' })
    .onConflictDoNothing();
}

/** Whether another journey has asked a contact something since a moment, or is about to (asked under the account's gate); a journey's own calendar is its playbook's, what was withdrawn does not count. */
export async function surveyedSince(
  tx: Tx,
  { contactId, journeyId, since }: { contactId: string; journeyId: string; since: Date },
): Promise<boolean> {
  const [row] = await tx
    .select({ id: surveys.id })
    .from(surveys)
    .where(
      and(
        eq(surveys.contactId, contactId),
        ne(surveys.journeyId, journeyId),
        gt(surveys.createdAt, since),
        ne(surveys.state, 'withdrawn'),
      ),
    )
    .limit(1);
  return row !== undefined || surveyOnItsWay(tx, { contactId, journeyId });
}

/** Whether a question is reserved that is not written down yet: that is done when its provider has answered. */
async function surveyOnItsWay(tx: Tx, by: { contactId: string; journeyId: string }): Promise<boolean> {
  const isSurvey = sql`jsonb_path_exists(${journeys.timetable},
    '$.steps[*] ? (@.id == $step && @.kind == "survey")', jsonb_build_object('step', ${messages.step}))`;
  const another = ne(messages.journeyId, by.journeyId);
  const [row] = await tx
    .select({ id: messages.id })
    .from(messages)
    .innerJoin(journeys, eq(journeys.id, messages.journeyId))
    .where(and(eq(messages.contactId, by.contactId), eq(messages.state, 'intended'), another, isSurvey))
    .limit(1);
  return row !== undefined;
}
