import { eq } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { journeys } from '../../schema/index.ts';

const columns = {
  id: journeys.id,
  accountId: journeys.accountId,
  kind: journeys.kind,
  lock: journeys.lock,
  playbook: journeys.playbook,
  version: journeys.version,
  options: journeys.options,
  clockShift: journeys.clockShift,
  timetable: journeys.timetable,
  program: journeys.program,
  rev: journeys.rev,
  stopFlag: journeys.stopFlag,
  stopCommand: journeys.stopCommand,
  pausedUntil: journeys.pausedUntil,
  endedAt: journeys.endedAt,
};

export type LockedJourney = Awaited<ReturnType<typeof lockJourney>>;

/**
 * A journey without its snapshot, held FOR NO KEY UPDATE: a pause or exit that is being accepted is either seen here, or sees what this
 * transaction reserved. Taken before the account's gate, always.
 */
export async function lockJourney(tx: Tx, id: string) {
  const [row] = await tx.select(columns).from(journeys).where(eq(journeys.id, id)).for('no key update');
  return row;
}
