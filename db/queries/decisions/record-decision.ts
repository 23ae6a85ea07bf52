import { sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { decisions } from '../../schema/journeys.ts';
import { statement, wholeRow } from '../../statement.ts';

export type Decision = {
  journeyId: string;
  step: string;
  n: number;
  accountId: string;
  kind: string;
  channel: string | null;
  outcome: string;
  reason: string | null;
  at: Date;
  due?: Date | null;
  template?: string | null;
  variant?: string | null;
  offer?: string | null;
  details?: Record<string, unknown>;
};

const { values, empty } = wholeRow(decisions);

const insert = statement((db) =>
  db
    .insert(decisions)
    .values(values)
    .onConflictDoUpdate({
      target: [decisions.journeyId, decisions.step, decisions.n],
      set: {
        outcome: sql`excluded.outcome`,
        reason: sql`excluded.reason`,
        at: sql`excluded.at`,
        due: sql`coalesce(excluded.due, ${decisions.due})`,
        channel: sql`coalesce(excluded.channel, ${decisions.channel})`,
        template: sql`coalesce(excluded.template, ${decisions.template})`,
        variant: sql`coalesce(excluded.variant, ${decisions.variant})`,
        offer: sql`coalesce(excluded.offer, ${decisions.offer})`,
        details: sql`${decisions.details} || excluded.details`,
        history: sql`${decisions.history} || excluded.history`,
      },
      setWhere: sql`(${decisions.outcome}, ${decisions.reason}) is distinct from (excluded.outcome, excluded.reason)`,
    }),
);

/** Says why a step did or did not happen; a later word replaces the earlier one, which stays in `history`. The same word twice is written once. */
export async function recordDecision(tx: Tx | Db, d: Decision): Promise<void> {
  const word = { outcome: d.outcome, reason: d.reason, at: d.at.toISOString() };
  await insert(tx, { ...empty, ...d, details: d.details ?? {}, history: [word] });
}
