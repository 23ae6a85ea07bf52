import type { Db, Tx } from '../../db/database.ts';
import { readAccount } from '../../db/queries/accounts/read-account.ts';
import { readPlaybook } from '../../db/queries/playbooks/read-playbook.ts';
import { insertProgram, nextProgram } from '../../db/queries/programs/insert-program.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { Command, CommandBody } from '../../workflows/contracts/commands.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { ZoneRules } from '../../workflows/contracts/time.ts';
import { programFor } from '../journeys/program-for.ts';
import { InvalidRequest } from '../problem.ts';
import { toCommand } from './to-command.ts';

type Prepare = {
  row: JourneyRow;
  /** The playbook that the journey follows now, which its row may not show yet. */
  follows: string;
  body: CommandBody;
  id: string;
  zone: ZoneRules;
  now: number;
};

/** A command as the run gets it; that of a migration with the whole timetable that it goes over to. Throws TenureError. */
export async function prepareCommand(db: Db | Tx, { row, follows, body, id, zone, now }: Prepare): Promise<Command> {
  if (body.command !== 'migrate') return toCommand(body, id, zone);
  const playbookId = body.playbook ?? follows;
  const target = await readPlaybook(db, playbookId, body.version);
  if (!target)
    throw new TenureError(
      'unknown-playbook',
      body.version === undefined
        ? `There is no playbook ${playbookId}.`
        : `There is no version ${body.version} of ${playbookId}.`,
      { playbook: playbookId },
    );
  if (target.playbook.kind !== row.kind)
    throw new InvalidRequest([{ pointer: '/playbook', detail: `must be of kind ${row.kind}, as the journey` }]);
  const account = await readAccount(db, row.accountId);
  if (!account) throw new TenureError('unknown-account', 'There is no such account.');
  const to = { definition: target.playbook, version: target.version };
  const going = await programFor(db, { row, to, account, zone, now });
  return toCommand(body, id, zone, { ...going, program: await nextProgram(db, row.id) });
}

/** Notes the program of a migration in the transaction of its command; the command with its number, the same for a command that is repeated. */
export async function noteProgram(tx: Tx, journeyId: string, command: Command, at: Date): Promise<Command> {
  if (command.name !== 'migrate') return command;
  const { timetable, id } = command;
  const program = await insertProgram(tx, { journeyId, timetable, causeId: `command:${id}`, at });
  return { ...command, program };
}
