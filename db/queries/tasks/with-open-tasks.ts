import { and, eq, inArray, isNotNull } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { tasks } from '../../schema/index.ts';

/** Which of some journeys have a task of one of their steps open. */
export async function withOpenTasks(db: Db, journeyIds: string[]): Promise<string[]> {
  if (journeyIds.length === 0) return [];
  const rows = await db
    .selectDistinct({ id: tasks.journeyId })
    .from(tasks)
    .where(and(inArray(tasks.journeyId, journeyIds), eq(tasks.state, 'open'), isNotNull(tasks.step)));
  return rows.map((row) => row.id!);
}
