import type { Tx } from '../../db/database.ts';
import { openTask } from '../../db/queries/tasks/open-task.ts';

const SYSTEM_TASK_HOURS = 24;

/** Something that went wrong with a step and needs a person: open for a day, once per kind of trouble and occurrence. */
export async function raiseTask(
  tx: Tx,
  i: {
    journeyId: string;
    accountId: string;
    /** Null: it is about the journey as a whole. */
    step: string | null;
    n: number;
    /** Tells troubles of one kind apart: the one of several recipients. */
    of?: string | undefined;
    what: 'in-doubt' | 'render-error' | 'data-error' | 'rejected' | 'legal-kept-back' | 'run-lost';
    title: string;
    instructions: string;
    owner: string | null;
    now: number;
  },
): Promise<void> {
  const { what, of, now, ...task } = i;
  await openTask(tx, {
    ...task,
    key: [i.journeyId, ...(i.step === null ? [] : [i.step, i.n]), what, of]
      .filter((part) => part !== undefined)
      .join('/'),
    ownerRole: 'operations',
    minutes: null,
    dueAt: new Date(now + SYSTEM_TASK_HOURS * 3_600_000),
    createdAt: new Date(now),
  });
}
