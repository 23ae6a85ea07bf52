import type { Timetable } from '../../../workflows/contracts/timetable.ts';
import type { Tx } from '../../database.ts';
import { watches } from '../../schema/scores.ts';
import { tellCrossings } from './tell-crossings.ts';

export type InsertWatches = {
  journeyId: string;
  accountId: string;
  watches: NonNullable<Timetable['watches']>;
  now: Date;
};

/** Has figures of an account watched for a journey, in the transaction that opens it. What is past its threshold already must first come back. */
export async function insertWatches(
  tx: Tx,
  { journeyId, accountId, watches: wanted, now }: InsertWatches,
): Promise<void> {
  if (wanted.length === 0) return;
  await tx
    .insert(watches)
    .values(
      wanted.map(({ id, metric, overDays, rises, falls, again }) => ({
        ...{ journeyId, accountId, id, metric, armed: false, again: again ?? false },
        ...{ overDays: overDays ?? null, rises: rises ?? null, falls: falls ?? null },
      })),
    )
    .onConflictDoNothing();
  await tellCrossings(tx, [accountId], now);
}
