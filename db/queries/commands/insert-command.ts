import { sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { commands } from '../../schema/journeys.ts';
import { statement, wholeRow } from '../../statement.ts';
import type { Command } from '../../../workflows/contracts/commands.ts';
import { readCommand } from './read-command.ts';

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

const { values, empty } = wholeRow(commands);

const insert = statement<{ id: string }[]>(
  (db) => sql`
    with noted as ${db.insert(commands).values(values).onConflictDoNothing().returning({ id: commands.id, journeyId: commands.journeyId })},
      stopped as (
        update journeys j set stop_flag = ${sql.placeholder('stopFlag')}, stop_command = noted.id from noted
        where j.id = noted.journey_id and j.ended_at is null and ${sql.placeholder('stopFlag')}::text is not null)
    select id from noted`,
);

/**
 * Notes a command before anybody is told of it; one of this id that is known already is returned as it is.
 * A pause or exit raises the journey's stop flag in this same statement: nothing leaves from its commit on.
 */
export async function insertCommand(
  on: Db | Tx,
  command: NewCommand,
): Promise<{ is: 'new' | 'known'; row: CommandRow }> {
  const { run, words, ...given } = command;
  const row = { ...given, name: run.name, body: { run, ...(words ? { words } : {}) }, state: 'received' };
  const noted = await insert(on, { ...row, stopFlag: FLAG[run.name] });
  if (noted.length > 0) return { is: 'new', row: { ...empty, ...row } as unknown as CommandRow };
  return { is: 'known', row: (await readCommand(on, command.journeyId, command.id))! };
}
