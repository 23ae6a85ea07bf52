import { and, eq } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { commands } from '../../schema/journeys.ts';
import type { CommandAnswer } from '../../../workflows/contracts/journey.ts';
import { recordAudit } from '../audit/record-audit.ts';

/**
 * Notes that the run applied a command, once, with its audit row; false when that was noted before.
 * Called by the run's `recordCommand` activity beside `projectSnapshot`, in one transaction.
 */
export async function recordCommand(
  tx: Tx,
  command: { journeyId: string; commandId: string; answer: CommandAnswer; at: Date },
): Promise<boolean> {
  const { journeyId, commandId, answer, at } = command;
  const [row] = await tx
    .update(commands)
    .set({ state: 'applied', answer, rev: answer.rev, answeredAt: at })
    .where(and(eq(commands.journeyId, journeyId), eq(commands.id, commandId), eq(commands.state, 'received')))
    .returning();
  if (!row) return false;
  await recordAudit(tx, {
    at,
    actor: row.actor,
    action: `journey.${row.name}`,
    target: `journey:${journeyId}`,
    reason: row.reason,
    details: { command: commandId, rev: answer.rev, ...(row.bulkId ? { bulk: row.bulkId } : {}) },
  });
  return true;
}
