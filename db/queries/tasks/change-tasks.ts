import { and, eq, inArray, like, lt, or } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { tasks } from '../../schema/index.ts';

/** Gives a journey's open tasks of these roles to another owner. */
export async function reassignTasks(
  tx: Tx,
  i: { journeyId: string; ownerRoles: string[]; owner: string },
): Promise<void> {
  await tx
    .update(tasks)
    .set({ owner: i.owner })
    .where(and(eq(tasks.journeyId, i.journeyId), inArray(tasks.ownerRole, i.ownerRoles), eq(tasks.state, 'open')));
}

/** Raises an open task to a level of escalation; false when it stands there already or is no longer open. */
export async function raiseLevel(tx: Tx, i: { key: string; level: number }): Promise<boolean> {
  const changed = await tx
    .update(tasks)
    .set({ level: i.level })
    .where(and(eq(tasks.key, i.key), eq(tasks.state, 'open'), lt(tasks.level, i.level)))
    .returning({ id: tasks.id });
  return changed.length > 0;
}

/** Completes what asked people to see to a legal notice that has left since. */
export async function closeNoticeTasks(
  tx: Tx,
  of: { journeyId: string; step: string; n: number; now: Date },
): Promise<void> {
  const key = `${of.journeyId}/${of.step}/${of.n}`;
  const asked = or(eq(tasks.key, `${key}/legal-kept-back`), like(tasks.key, `${key}/notice/%`));
  await tx
    .update(tasks)
    .set({ state: 'completed', outcome: 'sent', completedBy: 'system', endedAt: of.now })
    .where(and(eq(tasks.journeyId, of.journeyId), asked, eq(tasks.state, 'open')));
}
