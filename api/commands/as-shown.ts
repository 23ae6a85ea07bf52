import type { Db } from '../../db/database.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { Command } from '../../workflows/contracts/commands.ts';
import { heard } from '../../workflows/kernel/views.ts';
import { present } from '../journeys/present.ts';

/**
 * Says of a command that carries the revision which is shown now what that state had been told: the run's own count may differ,
 * since it may have woken late or been held, and would refuse what has not changed.
 */
export async function asShown(db: Db, row: JourneyRow, command: Command, now: number): Promise<Command> {
  if (command.ifRev === undefined || row.endedAt) return command;
  const { state } = await present(db, row, now);
  return state.rev === command.ifRev ? { ...command, ifHeard: heard(state) } : command;
}
