import { eq } from 'drizzle-orm';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import type { Db } from '../../database.ts';
import { tasks } from '../../schema/index.ts';
import { tellFact } from '../deliveries/tell-fact.ts';
import type { TaskRow } from './list-tasks.ts';

export type BookMeeting = { id: string; at: Date; actor: string; reason?: string; now: Date };

/** Gives a meeting its date, or another one, and tells the run. Throws `unknown-item`, `invalid-request`, `invalid-date`, `already-decided` with the winner. */
export async function bookMeeting(db: Db, i: BookMeeting): Promise<TaskRow> {
  return db.transaction(async (tx) => {
    const [task] = await tx.select().from(tasks).where(eq(tasks.id, i.id)).for('update');
    if (!task) throw new TenureError('unknown-item', 'There is no such task');
    if (task.kind !== 'meeting' || !task.journeyId || !task.step)
      throw new TenureError('invalid-request', 'Only a meeting is booked', {
        errors: [{ pointer: '/id', detail: 'not a meeting' }],
      });
    if (i.at <= i.now)
      throw new TenureError('invalid-date', 'A meeting must be booked for a time to come.', {
        errors: [{ pointer: '/at', detail: 'not in the future' }],
      });
    if (task.state !== 'open') {
      const { completedBy: by, state, outcome } = task;
      const winner = { by, at: task.endedAt?.toISOString() ?? null, state, outcome };
      throw new TenureError('already-decided', `The meeting is ${state} already`, { winner });
    }
    const [booked] = await tx
      .update(tasks)
      .set({ bookedFor: i.at, bookedBy: i.actor })
      .where(eq(tasks.id, task.id))
      .returning();
    const { accountId, journeyId, step } = task;
    await tellFact(tx, {
      type: 'meeting.booked',
      ...{ accountId, journeyId, step },
      what: 'booked',
      data: { task: task.id, for: i.at.toISOString() },
      actor: i.actor,
      reason: i.reason ?? null,
      now: i.now,
    });
    return booked!;
  });
}
