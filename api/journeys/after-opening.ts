import type { Tx } from '../../db/database.ts';
import { holdForJourney } from '../../db/queries/holds/journey-hold.ts';
import { settleProgram } from '../../db/queries/programs/settle-program.ts';
import { RELEASE_PER_SECOND } from '../../db/queries/waiters/release-waiters.ts';
import { insertWatches } from '../../db/queries/watches/insert-watches.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { Timetable } from '../../workflows/contracts/timetable.ts';
import type { Published } from '../playbooks/catalog.ts';

type Opened = { row: Pick<JourneyRow, 'id' | 'accountId' | 'timetable'>; playbook: Published };

/** What stands while journeys are open, in the transaction that opens them: the level that they hold back, and the figures that wake them. */
export async function afterOpening(tx: Tx, opened: Opened[], at: number): Promise<void> {
  const now = new Date(at);
  for (const { row, playbook } of opened) {
    const { holds, title: reason } = playbook.definition;
    const of = { journeyId: row.id, accountId: row.accountId, now };
    if (holds) await holdForJourney(tx, { ...of, level: holds.level, reason, perSecond: RELEASE_PER_SECOND });
    if (row.timetable.watches) await insertWatches(tx, { ...of, watches: row.timetable.watches });
  }
}

/** The same for a journey that goes on in another playbook: what it held back and watched before makes way. */
export function afterMigration(
  tx: Tx,
  row: Pick<JourneyRow, 'id' | 'accountId'>,
  { definition }: Published,
  timetable: Timetable,
  now: number,
): Promise<void> {
  return settleProgram(tx, {
    ...{ journeyId: row.id, accountId: row.accountId, now: new Date(now), perSecond: RELEASE_PER_SECOND },
    ...{ level: definition.holds?.level, reason: definition.title, watches: timetable.watches ?? [] },
  });
}
