import type { Tx } from '../../database.ts';
import { tellJourneys } from '../deliveries/tell-journeys.ts';
import { crossWatches } from './cross-watches.ts';

export const METRIC_CROSSED = 'metric.crossed';

/** Tells journeys of the figures that have crossed their thresholds, once each, in the transaction of the change; answers how many. */
export async function tellCrossings(tx: Tx, accountIds: string[], now: Date): Promise<number> {
  const crossings = await crossWatches(tx, accountIds, now);
  return tellJourneys(
    tx,
    crossings.map(({ journeyId, accountId, id, again }) => ({
      ...{ journeyId, accountId },
      happening: {
        t: 'event',
        id: again ? `watch:${journeyId}:${id}:${now.getTime()}` : `watch:${journeyId}:${id}`,
        type: METRIC_CROSSED,
        at: now.getTime(),
        fields: { watch: id },
      },
    })),
    now,
  );
}
