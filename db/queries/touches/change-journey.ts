import { and, eq, isNull } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { journeys } from '../../schema/index.ts';

/** Ends a journey's row once; answers false when it had ended. */
export async function endJourney(tx: Tx, i: { journeyId: string; outcome: string; at: Date }): Promise<boolean> {
  const changed = await tx
    .update(journeys)
    .set({
      state: 'ended',
      outcome: i.outcome,
      endedAt: i.at,
      nextStep: null,
      nextAt: null,
      pausedSince: null,
      pausedUntil: null,
      stopFlag: null,
      stopCommand: null,
    })
    .where(and(eq(journeys.id, i.journeyId), isNull(journeys.endedAt)))
    .returning({ id: journeys.id });
  return changed.length > 0;
}

/** Notes that a journey's end was written with all that follows from it; false when it was before. */
export async function markConcluded(tx: Tx, i: { journeyId: string; at: Date }): Promise<boolean> {
  const changed = await tx
    .update(journeys)
    .set({ concludedAt: i.at })
    .where(and(eq(journeys.id, i.journeyId), isNull(journeys.concludedAt)))
    .returning({ id: journeys.id });
  return changed.length > 0;
}
