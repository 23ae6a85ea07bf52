import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { statement } from '../../statement.ts';
import type { CommandAnswer } from '../../../workflows/contracts/journey.ts';

const at = sql`${sql.placeholder('at')}::timestamptz`;

const record = statement<{ id: string }[]>(
  () => sql`
    with applied as (
        update commands set state = 'applied', answer = ${sql.placeholder('answer')}::jsonb, rev = ${sql.placeholder('rev')}, answered_at = ${at}
        where journey_id = ${sql.placeholder('journeyId')}::uuid and id = ${sql.placeholder('commandId')} and state = 'received'
        returning *),
      told as (
        insert into audit (at, actor, action, target, reason, details)
        select ${at}, actor, 'journey.' || name, 'journey:' || journey_id, reason,
          jsonb_strip_nulls(jsonb_build_object('command', id, 'rev', rev, 'bulk', bulk_id))
        from applied)
    select id from applied`,
);

/**
 * Notes that the run applied a command, once, with its audit row; false when that was noted before.
 * Called by the run's `recordCommand` activity beside `projectSnapshot`, in one transaction.
 */
export async function recordCommand(
  tx: Tx,
  command: { journeyId: string; commandId: string; answer: CommandAnswer; at: Date },
): Promise<boolean> {
  const { answer } = command;
  const given = { ...command, at: command.at.toISOString(), answer: JSON.stringify(answer), rev: answer.rev };
  return (await record(tx, given)).length > 0;
}
