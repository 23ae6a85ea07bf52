import { and, desc, eq, gt, isNull, or } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { holds, stops } from '../../schema/index.ts';
import { CIRCUIT } from './circuit.ts';
import type { HoldRow } from './place-hold.ts';
import type { StopRow } from './place-stop.ts';

/** The holds that stand at `now`, newest first. */
export function listOpenHolds(db: Db | Tx, i: { accountId?: string; now: Date; limit?: number }): Promise<HoldRow[]> {
  return db
    .select()
    .from(holds)
    .where(
      and(
        isNull(holds.releasedAt),
        or(isNull(holds.until), gt(holds.until, i.now)),
        i.accountId ? eq(holds.accountId, i.accountId) : undefined,
      ),
    )
    .orderBy(desc(holds.at), desc(holds.id))
    .limit(i.limit ?? 500);
}

/** The stops that stand at `now`, newest first; the automatic ones of dead providers among them. */
export function listOpenStops(db: Db | Tx, i: { now: Date }): Promise<StopRow[]> {
  return db
    .select()
    .from(stops)
    .where(and(isNull(stops.releasedAt), or(isNull(stops.until), gt(stops.until, i.now), eq(stops.by, CIRCUIT))))
    .orderBy(desc(stops.at), desc(stops.id));
}
