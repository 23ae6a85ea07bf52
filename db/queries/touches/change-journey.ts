import { and, eq, isNull } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { journeys } from '../../schema/index.ts';

/** Takes the stop flag off a journey if that command still is what set it; answers whether it did. */
export async function clearStopFlag(tx: Tx, journeyId: string, command: string | null): Promise<boolean> {
  const changed = await tx
    .update(journeys)
    .set({ stopFlag: null, stopCommand: null })
    .where(and(eq(journeys.id, journeyId), command === null ? undefined : eq(journeys.stopCommand, command)))
    .returning({ id: journeys.id });
  return changed.length > 0;
}

/** Lets nothing of a journey out until the flag is cleared. */
export async function setStopFlag(tx: Tx, journeyId: string, flag: 'paused' | 'exited', command: string): Promise<void> {
  await tx.update(journeys).set({ stopFlag: flag, stopCommand: command }).where(eq(journeys.id, journeyId));
}

/** Writes what a command changed about who owns a journey and on which plan it runs. */
export async function setJourneyFacts(tx: Tx, journeyId: string, set: { owner?: string | null; plan?: string }): Promise<void> {
  await tx.update(journeys).set(set).where(eq(journeys.id, journeyId));
}

/** Ends a journey's row once; answers false when it had ended. */
export async function endJourney(tx: Tx, i: { journeyId: string; outcome: string; at: Date }): Promise<boolean> {
  const changed = await tx
    .update(journeys)
    .set({ state: 'ended', outcome: i.outcome, endedAt: i.at, nextStep: null, nextAt: null, pausedSince: null, pausedUntil: null, stopFlag: null, stopCommand: null })
    .where(and(eq(journeys.id, i.journeyId), isNull(journeys.endedAt)))
    .returning({ id: journeys.id });
  return changed.length > 0;
}
