import { randomUUID } from 'node:crypto';
import { and, eq, gt, ne } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { surveys } from '../../schema/index.ts';

/** Records a question that was put to a contact, once an occurrence of its step. */
export async function openSurvey(tx: Tx, survey: Omit<typeof surveys.$inferInsert, 'id' | 'state'>): Promise<void> {
  await tx
    .insert(surveys)
    .values({ ...survey, id: randomUUID(), state: 'open' })
    .onConflictDoNothing();
}

/** Whether another journey has asked a contact something since a moment; a journey's own calendar is its playbook's, what was withdrawn does not count. */
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
  return row !== undefined;
}
