import { and, eq, ne } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { journeys } from '../../schema/journeys.ts';
import { readProgram } from './read-program.ts';

type Followed = Pick<typeof journeys.$inferSelect, 'playbook' | 'version' | 'timetable' | 'program'>;

/** Has a journey's row show the playbook, version and timetable of a program; undefined when it does so already, or the program is not known. */
export async function followProgram(tx: Tx, journeyId: string, program: number): Promise<Followed | undefined> {
  const row = await readProgram(tx, journeyId, program);
  if (!row) return undefined;
  const { playbook, version, timetable } = row;
  const [moved] = await tx
    .update(journeys)
    .set({ playbook, version, timetable, program })
    .where(and(eq(journeys.id, journeyId), ne(journeys.program, program)))
    .returning({ id: journeys.id });
  return moved && { playbook, version, timetable, program };
}
