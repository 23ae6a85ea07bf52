import { and, eq, notInArray } from 'drizzle-orm';
import type { Timetable } from '../../../workflows/contracts/timetable.ts';
import type { Tx } from '../../database.ts';
import { watches as watchRows } from '../../schema/scores.ts';
import { holdForJourney, releaseJourneyHold } from '../holds/journey-hold.ts';
import { insertWatches } from '../watches/insert-watches.ts';

export type SettleProgram = {
  journeyId: string;
  accountId: string;
  /** The level that its playbook holds back, and its name for people. */
  level: string | undefined;
  reason: string;
  watches: NonNullable<Timetable['watches']>;
  now: Date;
  perSecond: number;
};

/** What stands while a journey follows its playbook: the level that it holds back and the figures that wake it. Repeating it changes nothing. */
export async function settleProgram(tx: Tx, { level, reason, watches, ...of }: SettleProgram): Promise<void> {
  if (level === undefined) await releaseJourneyHold(tx, of);
  else await holdForJourney(tx, { ...of, level, reason });
  await tx.delete(watchRows).where(
    and(
      eq(watchRows.journeyId, of.journeyId),
      watches.length === 0
        ? undefined
        : notInArray(
            watchRows.id,
            watches.map((watch) => watch.id),
          ),
    ),
  );
  await insertWatches(tx, { ...of, watches });
}
