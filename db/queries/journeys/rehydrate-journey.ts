import { and, asc, eq, gt, isNull } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { journeys } from '../../schema/journeys.ts';
import type { State } from '../../../workflows/contracts/journey.ts';

/** Ids of open journeys after the last one seen. */
export async function openJourneyIds(db: Db, after: string | undefined, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: journeys.id })
    .from(journeys)
    .where(and(isNull(journeys.endedAt), after === undefined ? undefined : gt(journeys.id, after)))
    .orderBy(asc(journeys.id))
    .limit(limit);
  return rows.map((row) => row.id);
}

/** Writes the state from which a new run goes on, unless the row has moved on since `rev`. */
export async function writeFolded(
  tx: Tx,
  journey: { id: string; rev: number; state: State; at: Date },
): Promise<boolean> {
  const rows = await tx
    .update(journeys)
    .set({ snapshot: journey.state, rev: journey.state.rev, snapshotAt: journey.at, state: 'starting', runId: null })
    .where(and(eq(journeys.id, journey.id), eq(journeys.rev, journey.rev), isNull(journeys.endedAt)))
    .returning({ id: journeys.id });
  return rows.length === 1;
}
