import { and, desc, eq, gt } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { programs } from '../../schema/programs.ts';
import type { ProgramRow } from '../../schema/programs.ts';

/** A program of a journey by its number. */
export async function readProgram(db: Db | Tx, journeyId: string, program: number): Promise<ProgramRow | undefined> {
  const [row] = await db
    .select()
    .from(programs)
    .where(and(eq(programs.journeyId, journeyId), eq(programs.program, program)));
  return row;
}

/** The newest program that a journey has been told to go over to, beyond the one that its row shows. */
export async function pendingProgram(db: Db | Tx, journeyId: string, shown: number): Promise<ProgramRow | undefined> {
  const [row] = await db
    .select()
    .from(programs)
    .where(and(eq(programs.journeyId, journeyId), gt(programs.program, shown)))
    .orderBy(desc(programs.program))
    .limit(1);
  return row;
}
