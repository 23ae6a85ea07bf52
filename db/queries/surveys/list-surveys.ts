import { and, desc, eq, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { surveys } from '../../schema/index.ts';
import type { SurveyRow } from '../../schema/index.ts';

/** Surveys, newest first. `after` is the last one of the page before. */
export function listSurveys(
  db: Db | Tx,
  f: {
    accountId?: string;
    journeyId?: string;
    step?: string;
    state?: string;
    after?: { at: string; id: string };
    limit: number;
  },
): Promise<SurveyRow[]> {
  const { after } = f;
  return db
    .select()
    .from(surveys)
    .where(
      and(
        f.accountId ? eq(surveys.accountId, f.accountId) : undefined,
        f.journeyId ? eq(surveys.journeyId, f.journeyId) : undefined,
        f.step ? eq(surveys.step, f.step) : undefined,
        f.state ? eq(surveys.state, f.state) : undefined,
        after ? sql`(${surveys.createdAt}, ${surveys.id}) < (${after.at}::timestamptz, ${after.id}::uuid)` : undefined,
      ),
    )
    .orderBy(desc(surveys.createdAt), desc(surveys.id))
    .limit(f.limit);
}

/** The survey of one occurrence of a step. */
export async function findSurvey(
  db: Db | Tx,
  of: { journeyId: string; step: string; n: number },
): Promise<SurveyRow | undefined> {
  const [row] = await db
    .select()
    .from(surveys)
    .where(and(eq(surveys.journeyId, of.journeyId), eq(surveys.step, of.step), eq(surveys.n, of.n)));
  return row;
}
