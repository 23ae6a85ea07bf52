import { index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { journeys } from './journeys.ts';

/** What staff must do by when. First completion wins. */
export const tasks = pgTable(
  'tasks',
  {
    id: uuid('id').primaryKey(),
    /** Null: raised by the system itself (an in-doubt message, a render error). */
    journeyId: uuid('journey_id').references(() => journeys.id),
    accountId: text('account_id').notNull(),
    key: text('key').notNull(),
    step: text('step'),
    n: integer('n').notNull(),
    title: text('title').notNull(),
    instructions: text('instructions').notNull(),
    owner: text('owner'),
    ownerRole: text('owner_role').notNull(),
    minutes: integer('minutes'),
    dueAt: instant('due_at'),
    level: integer('level').notNull(),
    /** open | completed | cancelled | missed */
    state: text('state').notNull(),
    outcome: text('outcome'),
    completedBy: text('completed_by'),
    createdAt: instant('created_at').notNull(),
    endedAt: instant('ended_at'),
  },
  (t) => [
    uniqueIndex('tasks_key').on(t.key),
    index('tasks_list').on(t.state, t.dueAt),
    index('tasks_journey').on(t.journeyId),
  ],
);

/** Something put to the customer with an expiry. First answer wins. */
export const offers = pgTable(
  'offers',
  {
    id: uuid('id').primaryKey(),
    journeyId: uuid('journey_id')
      .notNull()
      .references(() => journeys.id),
    accountId: text('account_id').notNull(),
    step: text('step').notNull(),
    n: integer('n').notNull(),
    offer: text('offer').notNull(),
    terms: jsonb('terms').$type<Record<string, unknown>>().notNull(),
    /** open | accepted | declined | expired | withdrawn */
    state: text('state').notNull(),
    expiresAt: instant('expires_at'),
    answeredBy: text('answered_by'),
    answeredAt: instant('answered_at'),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [uniqueIndex('offers_step').on(t.journeyId, t.step, t.n), index('offers_account').on(t.accountId)],
);

/** Items of a checklist and when each was done. */
export const checklistItems = pgTable(
  'checklist_items',
  {
    journeyId: uuid('journey_id')
      .notNull()
      .references(() => journeys.id),
    step: text('step').notNull(),
    item: text('item').notNull(),
    title: text('title').notNull(),
    doneAt: instant('done_at'),
    doneBy: text('done_by'),
  },
  (t) => [uniqueIndex('checklist_item').on(t.journeyId, t.step, t.item)],
);
