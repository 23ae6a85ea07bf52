import type { CommandIssuer } from '../../api/commands/issue-command.ts';
import type { Database } from '../../db/database.ts';
import { unansweredCommands } from '../../db/queries/commands/read-command.ts';

const PATIENCE_MS = 5_000;
const PAGE = 20;

/**
 * Sends commands that never got an answer again, under their own ids, so that none is applied twice; a refused one is written down and its stop flag
 * taken back. Answers where the next pass goes on; undefined from the start.
 */
export async function resendCommands(
  d: { database: Database; issuer: CommandIssuer; clock: () => number },
  after: Date | undefined,
): Promise<Date | undefined> {
  const before = new Date(d.clock() - PATIENCE_MS);
  const open = await unansweredCommands(d.database.db, { before, after, limit: PAGE });
  for (const row of open) await d.issuer.resend(row);
  return open.length === PAGE ? open.at(-1)!.receivedAt : undefined;
}
