import { and, eq, gt, isNull, or } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { journeys } from '../../schema/journeys.ts';

/** Has the row of a running journey say when a held step is looked at again, where nothing else comes sooner; what the run writes next replaces it. */
export async function noteRecheck(tx: Tx, i: { journeyId: string; step: string; recheck: Date }): Promise<void> {
  const sooner = or(isNull(journeys.nextAt), gt(journeys.nextAt, i.recheck));
  await tx
    .update(journeys)
    .set({ nextStep: i.step, nextAt: i.recheck })
    .where(and(eq(journeys.id, i.journeyId), eq(journeys.state, 'running'), sooner));
}
