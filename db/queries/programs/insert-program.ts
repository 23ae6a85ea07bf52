import { and, eq, sql } from 'drizzle-orm';
import type { Timetable } from '../../../workflows/contracts/timetable.ts';
import type { Db, Tx } from '../../database.ts';
import { journeys } from '../../schema/journeys.ts';
import type { JourneyRow } from '../../schema/journeys.ts';
import { programs } from '../../schema/programs.ts';

export type NewProgram = { journeyId: string; timetable: Timetable; causeId: string; at: Date };

/** The number that the journey's next program will have. */
export async function nextProgram(db: Db | Tx, journeyId: string): Promise<number> {
  const [row] = await db
    .select({ last: sql<number>`greatest(${journeys.program}, coalesce(max(${programs.program}), 0))::int` })
    .from(journeys)
    .leftJoin(programs, eq(programs.journeyId, journeys.id))
    .where(eq(journeys.id, journeyId))
    .groupBy(journeys.program);
  return (row?.last ?? 0) + 1;
}

/** Notes what a journey is to go over to; the number of it, the same for the same cause. Others that do so for this journey wait. */
export async function insertProgram(tx: Tx, { journeyId, timetable, causeId, at }: NewProgram): Promise<number> {
  const [journey] = await tx.select().from(journeys).where(eq(journeys.id, journeyId)).for('no key update');
  if (!journey) throw new Error('a program belongs to a journey');
  const [known] = await tx
    .select({ program: programs.program })
    .from(programs)
    .where(and(eq(programs.journeyId, journeyId), eq(programs.causeId, causeId)));
  if (known) return known.program;
  const program = await nextProgram(tx, journeyId);
  const { playbook, version } = timetable;
  const rows = [{ journeyId, program, playbook, version, timetable, causeId, at }];
  // What it follows now is kept beside it: a touch that is on its way still belongs to that.
  await tx.insert(programs).values([...(program === 1 ? [first(journey)] : []), ...rows]);
  return program;
}

const first = ({ id, playbook, version, timetable, startedAt }: JourneyRow) => ({
  ...{ journeyId: id, program: 0, playbook, version, timetable },
  ...{ causeId: 'start', at: startedAt },
});
