import { and, asc, eq, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { recipients } from '../../schema/index.ts';
import type { RecipientRow } from '../../schema/index.ts';

type Occurrence = { journeyId: string; step: string; n: number };

const of = ({ journeyId, step, n }: Occurrence) =>
  and(eq(recipients.journeyId, journeyId), eq(recipients.step, step), eq(recipients.n, n));

/** Whom an occurrence of a notice tells, in order, with what became of each. */
export function recipientsOf(tx: Tx, by: Occurrence): Promise<RecipientRow[]> {
  return tx.select().from(recipients).where(of(by)).orderBy(asc(recipients.position));
}

/**
 * Freezes whom an occurrence of a notice tells and answers them; whom an earlier attempt froze stays, unless it has not come to anybody yet: then
 * the choice is made anew.
 */
export async function freezeRecipients(tx: Tx, by: Occurrence, contacts: string[]): Promise<RecipientRow[]> {
  await tx.execute(sql`
    delete from recipients where journey_id = ${by.journeyId}::uuid and step = ${by.step} and n = ${by.n}
      and not exists (select 1 from messages m where m.journey_id = ${by.journeyId}::uuid and m.step = ${by.step} and m.n = ${by.n})
      and not exists (
        select 1 from recipients r where r.journey_id = ${by.journeyId}::uuid and r.step = ${by.step} and r.n = ${by.n}
          and r.outcome is distinct from 'held' and r.outcome is not null)`);
  const frozen = await recipientsOf(tx, by);
  if (frozen.length > 0 || contacts.length === 0) return frozen;
  const { journeyId, step, n } = by;
  return tx
    .insert(recipients)
    .values(contacts.map((contactId, position) => ({ journeyId, step, n, contactId, position })))
    .returning();
}

/** Writes what became of one of several. */
export async function noteRecipient(
  tx: Tx,
  by: Occurrence & { contactId: string },
  word: Partial<Omit<RecipientRow, keyof Occurrence | 'contactId' | 'position'>>,
): Promise<void> {
  await tx
    .update(recipients)
    .set(word)
    .where(and(of(by), eq(recipients.contactId, by.contactId)));
}
