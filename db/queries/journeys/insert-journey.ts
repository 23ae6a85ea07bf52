import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { statement, wholeRow } from '../../statement.ts';
import { journeys } from '../../schema/journeys.ts';
import type { JourneyRow } from '../../schema/journeys.ts';
import type { AuditEntry } from '../audit/record-audit.ts';

export type NewJourney = typeof journeys.$inferInsert;

const { values, empty } = wholeRow(journeys);

const insert = statement<{ id: string }[]>(
  (db) => sql`
    with opened as ${db.insert(journeys).values(values).onConflictDoNothing().returning({ id: journeys.id })},
      told as (
        insert into audit (at, actor, action, target, reason, details)
        select e.at, e.actor, e.action, e.target, e.reason, e.details from opened,
          jsonb_to_record(${sql.placeholder('entry')}::jsonb) e(at timestamptz, actor text, action text, target text, reason text, details jsonb)
        where e.at is not null)
    select id from opened`,
);

/** Opens a journey under its lock, with its line in the audit trail; undefined when one is open there already (or has this very id). */
export async function insertJourney(tx: Tx, row: NewJourney, entry?: AuditEntry): Promise<JourneyRow | undefined> {
  const opened = await insert(tx, { ...empty, ...row, entry: JSON.stringify(entry ?? {}) });
  return opened.length === 0 ? undefined : ({ ...empty, ...row } as JourneyRow);
}

/** Opens several; those come back whose lock was free. */
export async function insertJourneys(tx: Tx, rows: NewJourney[]): Promise<JourneyRow[]> {
  return rows.length === 0 ? [] : tx.insert(journeys).values(rows).onConflictDoNothing().returning();
}
