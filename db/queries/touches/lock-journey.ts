import { eq, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { statement } from '../../statement.ts';
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

const locked = statement((db) =>
  db
    .select(columns)
    .from(journeys)
    .where(eq(journeys.id, sql.placeholder('id')))
    .for('no key update'),
);

export type LockedJourney = Awaited<ReturnType<typeof lockJourney>>;

/**
 * A journey without its snapshot, held FOR NO KEY UPDATE: a pause or exit that is being accepted is either seen here, or sees what this
 * transaction reserved. Taken after the account's gate, always.
 */
export async function lockJourney(tx: Tx, id: string) {
  const [row] = await locked(tx, { id });
  return row;
}

/** A journey held as that, without a word of it: whoever takes a customer's or staff's word about a step of it does so before the row of that word. */
export async function holdJourney(tx: Tx, id: string): Promise<void> {
  await tx.select({ id: journeys.id }).from(journeys).where(eq(journeys.id, id)).for('no key update');
}
