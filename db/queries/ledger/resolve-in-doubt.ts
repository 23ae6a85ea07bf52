import { and, eq } from 'drizzle-orm';
import type { Db } from '../../database.ts';
import { audit, messages } from '../../schema/index.ts';
import { TenureError } from '../../../workflows/contracts/errors.ts';

/** Staff say what became of a message in doubt; the first word stands. */
export async function resolveInDoubt(
  db: Db,
  input: { id: string; as: 'sent' | 'failed'; actor: string; reason: string; now: Date },
): Promise<void> {
  await db.transaction(async (tx) => {
    const changed = await tx
      .update(messages)
      .set({
        state: input.as,
        resolvedBy: input.actor,
        ...(input.as === 'sent' ? { sentAt: input.now } : { countsForCap: false }),
      })
      .where(and(eq(messages.id, input.id), eq(messages.state, 'in-doubt')))
      .returning({ id: messages.id });
    if (changed.length === 0) throw new TenureError('already-decided', 'The message is not in doubt');
    await tx.insert(audit).values({
      at: input.now,
      actor: input.actor,
      action: 'message.resolved',
      target: input.id,
      reason: input.reason,
      details: { as: input.as },
    });
  });
}
