import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { statement } from '../../statement.ts';
import { journeys } from '../../schema/journeys.ts';

const mark = statement((db) =>
  db
    .update(journeys)
    .set({
      runId: sql`${sql.placeholder('runId')}`,
      state: sql`case when ${journeys.state} = 'starting' then 'running' else ${journeys.state} end`,
    })
    .where(and(eq(journeys.id, sql.placeholder('id')), isNull(journeys.endedAt))),
);

/** Notes the run that carries the journey; a `starting` one is `running` from here. */
export async function markRunning(db: Db | Tx, id: string, runId: string): Promise<void> {
  await mark(db, { id, runId });
}
