import { and, eq, isNull } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { commands, journeys } from '../../schema/journeys.ts';
import type { Command } from '../../../workflows/contracts/commands.ts';

export type CommandRow = typeof commands.$inferSelect;
export type NewCommand = {
  journeyId: string;
  id: string;
  /** As the run will get it. */
  run: Command;
  /** Free text that the run never sees: the words of an edit. */
  words?: { subject?: string; text?: string };
  bodyHash: string;
  reason: string;
  actor: string;
  receivedAt: Date;
  bulkId?: string;
};

const FLAG: Partial<Record<Command['name'], string>> = { pause: 'paused', exit: 'exited' };

/**
 * Notes a command before anybody is told of it; one of this id that is known already is returned as it is.
 * A pause or exit raises the journey's stop flag in this same transaction: nothing leaves from its commit on.
 */
export async function insertCommand(tx: Tx, command: NewCommand): Promise<{ is: 'new' | 'known'; row: CommandRow }> {
  const { run, words, ...values } = command;
  const [row] = await tx
    .insert(commands)
    .values({ ...values, name: run.name, body: { run, ...(words ? { words } : {}) }, state: 'received' })
    .onConflictDoNothing()
    .returning();
  if (!row) {
    const [known] = await tx
      .select()
      .from(commands)
      .where(and(eq(commands.journeyId, command.journeyId), eq(commands.id, command.id)));
    return { is: 'known', row: known! };
  }
  const stopFlag = FLAG[run.name];
  if (stopFlag)
    await tx
      .update(journeys)
      .set({ stopFlag, stopCommand: command.id })
      .where(and(eq(journeys.id, command.journeyId), isNull(journeys.endedAt)));
  return { is: 'new', row };
}
