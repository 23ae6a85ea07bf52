import { and, asc, eq, lt } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { commands } from '../../schema/journeys.ts';
import type { CommandRow } from './insert-command.ts';

/** The command's row: received, applied or refused. */
export async function readCommand(db: Db | Tx, journeyId: string, id: string): Promise<CommandRow | undefined> {
  const [row] = await db.select().from(commands).where(and(eq(commands.journeyId, journeyId), eq(commands.id, id)));
  return row;
}

/** Commands without an answer since before `before`, oldest first: what became of them has to be asked again. */
export function unansweredCommands(db: Db, before: Date, limit: number): Promise<CommandRow[]> {
  return db
    .select()
    .from(commands)
    .where(and(eq(commands.state, 'received'), lt(commands.receivedAt, before)))
    .orderBy(asc(commands.receivedAt))
    .limit(limit);
}
