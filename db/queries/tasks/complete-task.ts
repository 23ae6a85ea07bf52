import { and, eq, isNull } from 'drizzle-orm';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import type { Db, Tx } from '../../database.ts';
import { checklistItems, tasks } from '../../schema/index.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { recordDecision } from '../decisions/record-decision.ts';
import { tellFact } from '../deliveries/tell-fact.ts';
import { changePages } from '../pages/change-pages.ts';
import { holdJourney } from '../touches/lock-journey.ts';
import type { TaskRow } from './list-tasks.ts';

export type CompleteTask = {
  id: string;
  /** `held` and `no-show` are what becomes of a meeting. */
  what: 'completed' | 'answered' | 'missed' | 'held' | 'no-show';
  /** One item of a checklist; the task itself is completed with the last one. */
  item?: string;
  /** A short word or number about how it went. */
  value?: string | number;
  actor: string;
  reason?: string;
  now: Date;
};

/** Completes a task, or an item of a checklist: the first word wins, and the run is told. Throws `unknown-item`, `already-decided` with the winner. */
export async function completeTask(db: Db, i: CompleteTask): Promise<TaskRow> {
  return db.transaction(async (tx) => {
    const [of] = await tx.select({ journeyId: tasks.journeyId }).from(tasks).where(eq(tasks.id, i.id));
    if (of?.journeyId) await holdJourney(tx, of.journeyId);
    const [task] = await tx.select().from(tasks).where(eq(tasks.id, i.id)).for('update');
    if (!task) throw new TenureError('unknown-item', 'There is no such task');
    if (task.state !== 'open') {
      const winner = {
        by: task.completedBy,
        at: task.endedAt?.toISOString() ?? null,
        state: task.state,
        outcome: task.outcome,
      };
      throw new TenureError('already-decided', `The task is ${task.state} already`, { winner });
    }
    const meeting = i.what === 'held' || i.what === 'no-show';
    if (meeting && task.kind !== 'meeting')
      throw new TenureError('invalid-request', 'Only a meeting is held or missed by its guests', {
        errors: [{ pointer: '/outcome', detail: 'not a meeting' }],
      });
    const rest = i.item === undefined ? 0 : await completeItem(tx, task, i, i.item);
    const done = rest === 0;
    if (done) {
      const state = i.what === 'missed' || i.what === 'no-show' ? 'missed' : 'completed';
      const outcome = i.value === undefined ? i.what : String(i.value).slice(0, 200);
      await tx.update(tasks).set({ state, outcome, completedBy: i.actor, endedAt: i.now }).where(eq(tasks.id, task.id));
      await changePages(tx, { keys: [task.key] }, { to: 'resolved', now: i.now });
    }
    await tell(tx, task, i, done);
    const [after] = await tx.select().from(tasks).where(eq(tasks.id, task.id));
    return after!;
  });
}

/** How many items are left; throws when this one is done already. */
async function completeItem(tx: Tx, task: TaskRow, i: CompleteTask, item: string): Promise<number> {
  const of = and(eq(checklistItems.journeyId, task.journeyId!), eq(checklistItems.step, task.step!));
  const [found] = await tx
    .select()
    .from(checklistItems)
    .where(and(of, eq(checklistItems.item, item)));
  if (!found) throw new TenureError('unknown-item', 'The checklist has no such item');
  const changed = await tx
    .update(checklistItems)
    .set({ doneAt: i.now, doneBy: i.actor })
    .where(and(of, eq(checklistItems.item, item), isNull(checklistItems.doneAt)))
    .returning();
  if (changed.length === 0) {
    const winner = { by: found.doneBy, at: found.doneAt?.toISOString() ?? null };
    throw new TenureError('already-decided', 'The item is done already', { winner });
  }
  const left = await tx
    .select({ item: checklistItems.item })
    .from(checklistItems)
    .where(and(of, isNull(checklistItems.doneAt)));
  return left.length;
}

async function tell(tx: Tx, task: TaskRow, i: CompleteTask, done: boolean): Promise<void> {
  const { journeyId, step, n, accountId } = task;
  // Tasks that the system raised about a step are no step of the run.
  if (!journeyId || !step || task.key !== `${journeyId}/${step}/${n}`) {
    const about = {
      at: i.now,
      actor: i.actor,
      action: 'task.completed',
      target: `task:${task.id}`,
      reason: i.reason ?? null,
    };
    return recordAudit(tx, { ...about, details: { key: task.key } });
  }
  await tellFact(tx, {
    type: `task.${i.what}`,
    accountId,
    journeyId,
    step,
    what: i.what,
    ...(i.item === undefined ? {} : { item: i.item }),
    ...(typeof i.value === 'number' ? { value: i.value } : {}),
    data: { task: task.id },
    actor: i.actor,
    reason: i.reason ?? null,
    now: i.now,
  });
  if (!done) return;
  const details = { task: task.id, by: i.actor };
  await recordDecision(tx, {
    journeyId,
    step,
    n,
    accountId,
    kind: task.kind,
    channel: null,
    outcome: i.what,
    reason: i.what === 'held' ? 'meeting-held' : i.what,
    at: i.now,
    details,
  });
}
