import { and, asc, eq, isNull, or, sql } from 'drizzle-orm';
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

/** Says of everybody who has no end yet that there will be none, and why. */
export async function endRest(
  tx: Tx,
  by: Occurrence,
  word: { outcome: string; reason: string; at: Date },
): Promise<void> {
  await tx
    .update(recipients)
    .set({ ...word, hold: null, recheck: null, details: null })
    .where(and(of(by), or(isNull(recipients.outcome), eq(recipients.outcome, 'held'))));
}

/** Of these occurrences, those of which somebody was told. */
export async function toldAlready(tx: Tx, journeyId: string, of: { step: string; n: number }[]): Promise<Set<string>> {
  const rows = await tx.execute<{ step: string; n: number }>(sql`
    select distinct r.step, r.n from recipients r
    join jsonb_to_recordset(${JSON.stringify(of)}::jsonb) d(step text, n int) on r.step = d.step and r.n = d.n
    where r.journey_id = ${journeyId}::uuid and r.outcome = 'sent'`);
  return new Set(rows.map(({ step, n }) => `${step}/${n}`));
}
