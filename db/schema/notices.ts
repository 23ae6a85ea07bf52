import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { journeys } from './journeys.ts';

/** Whom one occurrence of a notice to several tells: frozen at its first attempt, with what became of each. */
export const recipients = pgTable(
  'recipients',
  {
    journeyId: uuid('journey_id')
      .notNull()
      .references(() => journeys.id),
    step: text('step').notNull(),
    n: integer('n').notNull(),
    contactId: uuid('contact_id').notNull(),
    position: integer('position').notNull(),
    /** Null: not decided yet. sent | skipped | dropped | failed; `held` is decided anew at the next attempt. */
    outcome: text('outcome'),
    reason: text('reason'),
    /** What it waits on, and until when, while it is held. */
    hold: text('hold'),
    recheck: instant('recheck'),
    /** Of what it waits on: the hold and its level, the stop. */
    details: jsonb('details').$type<Record<string, unknown>>(),
    variant: text('variant'),
    offer: text('offer'),
    template: text('template'),
    at: instant('at'),
  },
  (t) => [primaryKey({ columns: [t.journeyId, t.step, t.n, t.contactId] })],
);
export type RecipientRow = typeof recipients.$inferSelect;

/** A question put to a contact. First answer wins. */
export const surveys = pgTable(
  'surveys',
  {
    id: uuid('id').primaryKey(),
    journeyId: uuid('journey_id')
      .notNull()
      .references(() => journeys.id),
    accountId: text('account_id').notNull(),
    contactId: uuid('contact_id').notNull(),
    step: text('step').notNull(),
    n: integer('n').notNull(),
    question: text('question').notNull(),
    scaleFrom: integer('scale_from').notNull(),
    scaleTo: integer('scale_to').notNull(),
    /** open | answered | expired | withdrawn */
    state: text('state').notNull(),
    score: integer('score'),
    comment: text('comment'),
    expiresAt: instant('expires_at'),
    answeredBy: text('answered_by'),
    answeredAt: instant('answered_at'),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [
    uniqueIndex('surveys_step').on(t.journeyId, t.step, t.n),
    index('surveys_contact').on(t.contactId, t.createdAt),
    index('surveys_account').on(t.accountId),
    index('surveys_list').on(t.createdAt, t.id),
    index('surveys_open')
      .on(t.createdAt, t.id)
      .where(sql`${t.state} = 'open'`),
  ],
);
export type SurveyRow = typeof surveys.$inferSelect;
