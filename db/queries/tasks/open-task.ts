import { randomUUID } from 'node:crypto';
import type { Tx } from '../../database.ts';
import { tasks } from '../../schema/index.ts';

export type OpenTask = {
  /** Known by it for ever: the same task is opened once. */
  key: string;
  journeyId: string | null;
  accountId: string;
  step: string | null;
  n: number;
  /** Default `task`. */
  kind?: 'task' | 'meeting' | 'checklist' | 'approval';
  title: string;
  instructions: string;
  data?: Record<string, unknown>;
  link?: string | null;
  attendees?: string | null;
  owner: string | null;
  ownerRole: string;
  minutes: number | null;
  dueAt: Date | null;
  level?: number;
  createdAt: Date;
};

/** Puts a task before staff, once per key; answers whether it was new. */
export async function openTask(tx: Tx, task: OpenTask): Promise<boolean> {
  const added = await tx
    .insert(tasks)
    .values({ ...task, id: randomUUID(), level: task.level ?? 0, state: 'open' })
    .onConflictDoNothing()
    .returning({ id: tasks.id });
  return added.length > 0;
}
