import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { commands, messages, tasks } from '../../schema/index.ts';
import type { MessageRow } from '../../schema/index.ts';

/** `contactId`: of one of several recipients alone. */
type Occurrence = { journeyId: string; step: string; n: number; contactId?: string | undefined };

/** The key of the task that asks for an approval. */
export const approvalTaskKey = (o: Occurrence): string => `${o.journeyId}/${o.step}/${o.n}/approval`;

const waiting = (o: Occurrence) =>
  and(
    eq(messages.journeyId, o.journeyId),
    eq(messages.step, o.step),
    eq(messages.n, o.n),
    eq(messages.state, 'draft'),
    o.contactId === undefined ? undefined : eq(messages.contactId, o.contactId),
  );

/** Other words for a message that waits for approval. */
export async function rewordDraft(
  tx: Tx,
  id: string,
  words: { subject?: string; text?: string; html?: string | null; editedBy: string },
): Promise<MessageRow | undefined> {
  const [row] = await tx
    .update(messages)
    .set(words)
    .where(and(eq(messages.id, id), eq(messages.state, 'draft')))
    .returning();
  return row;
}

/** The drafts of one occurrence of a step. */
export function draftsOf(tx: Tx, o: Occurrence): Promise<MessageRow[]> {
  return tx.select().from(messages).where(waiting(o));
}

/** Says who approved what waits; it is sent when it is decided anew. */
export async function markApproved(tx: Tx, o: Occurrence, by: string): Promise<void> {
  await tx.update(messages).set({ approvedBy: by }).where(waiting(o));
}

/** Makes an approved draft a reservation: from now on it may be sent, and counts against the cap. */
export async function promoteDraft(
  tx: Tx,
  id: string,
  lease: { approvedBy: string; leaseUntil: Date; provider: string; now: Date },
): Promise<MessageRow> {
  const { now, ...rest } = lease;
  const [row] = await tx
    .update(messages)
    .set({
      ...rest,
      state: 'intended',
      attempt: sql`${messages.attempt} + 1`,
      countsForCap: true,
      intendedAt: now,
      error: null,
    })
    .where(and(eq(messages.id, id), eq(messages.state, 'draft')))
    .returning();
  return row!;
}

/** Withdraws drafts that will never be sent, and closes the task that asked about them. */
export async function withdrawDrafts(tx: Tx, occurrences: Occurrence[], why: string, now: Date): Promise<void> {
  for (const o of occurrences) {
    const gone = await tx
      .update(messages)
      .set({ state: 'withdrawn', error: why, countsForCap: false })
      .where(waiting(o))
      .returning({ id: messages.id });
    if (gone.length === 0) continue;
    const left = o.contactId === undefined ? [] : await draftsOf(tx, { ...o, contactId: undefined });
    if (left.length === 0) await closeApprovalTask(tx, o, { outcome: why, by: 'system', now });
  }
}

/** The occurrences of a journey that have drafts. */
export function draftedSteps(tx: Tx, journeyId: string): Promise<{ step: string; n: number }[]> {
  return tx
    .selectDistinct({ step: messages.step, n: messages.n })
    .from(messages)
    .where(and(eq(messages.journeyId, journeyId), eq(messages.state, 'draft')));
}

const ANSWERED = ['approved', 'rejected', 'auto-sent'];

/** The approval was given, or is not needed any more: nobody is asked further. */
export async function closeApprovalTask(
  tx: Tx,
  o: Occurrence,
  as: { outcome: string; by: string; now: Date },
): Promise<void> {
  const key = approvalTaskKey(o);
  await tx
    .update(tasks)
    .set({
      state: ANSWERED.includes(as.outcome) ? 'completed' : 'cancelled',
      outcome: as.outcome,
      completedBy: as.by,
      endedAt: as.now,
    })
    .where(and(inArray(tasks.key, [key, `${key}/overdue`]), eq(tasks.state, 'open')));
}

export type Edit = { id: string; actor: string; subject?: string; text?: string };

/**
 * The words of the edits of a step that the run has applied, the newest word of each part; undefined when there are none. `answered` are the ids of
 * the run's applied commands, so that an edit counts as soon as the run has taken it.
 */
export async function editedWords(
  tx: Tx,
  by: { journeyId: string; step: string; since: Date; answered: Record<string, number> },
): Promise<Edit | undefined> {
  const rows = await tx
    .select({ id: commands.id, actor: commands.actor, body: commands.body, at: commands.receivedAt })
    .from(commands)
    .where(
      and(
        eq(commands.journeyId, by.journeyId),
        eq(commands.name, 'edit'),
        sql`${commands.body}->'run'->>'step' = ${by.step}`,
        sql`${commands.receivedAt} >= ${by.since.toISOString()}::timestamptz`,
      ),
    );
  const applied = rows
    .filter((row) => Object.hasOwn(by.answered, row.id))
    .sort((a, b) => by.answered[a.id]! - by.answered[b.id]!);
  const last = applied.at(-1);
  if (!last) return undefined;
  const said = (part: 'subject' | 'text') =>
    applied
      .map((row) => (row.body.words as Record<string, string> | undefined)?.[part])
      .findLast((x) => x !== undefined);
  const subject = said('subject');
  const text = said('text');
  return {
    id: last.id,
    actor: last.actor,
    ...(subject === undefined ? {} : { subject }),
    ...(text === undefined ? {} : { text }),
  };
}
