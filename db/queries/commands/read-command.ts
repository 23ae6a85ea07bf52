import { and, asc, eq, gt, lt, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { statement } from '../../statement.ts';
import { commands } from '../../schema/journeys.ts';
import type { CommandRow } from './insert-command.ts';

const byId = statement((db) =>
  db
    .select()
    .from(commands)
    .where(and(eq(commands.journeyId, sql.placeholder('journeyId')), eq(commands.id, sql.placeholder('id')))),
);

/** The command's row: received, applied or refused. */
export async function readCommand(db: Db | Tx, journeyId: string, id: string): Promise<CommandRow | undefined> {
  const [row] = await byId(db, { journeyId, id });
  return row;
}

/** Commands without an answer since before `before`, oldest first: what became of them has to be asked again. */
export function unansweredCommands(db: Db, page: { before: Date; after?: Date; limit: number }): Promise<CommandRow[]> {
  return db
    .select()
    .from(commands)
    .where(
      and(
        eq(commands.state, 'received'),
        lt(commands.receivedAt, page.before),
        page.after ? gt(commands.receivedAt, page.after) : undefined,
      ),
    )
    .orderBy(asc(commands.receivedAt))
    .limit(page.limit);
}
