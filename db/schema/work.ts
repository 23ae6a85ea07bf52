import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import { changedIn, instant } from './columns.ts';
import { journeys } from './journeys.ts';

/** The order of tasks: undated ones last. */
export const soonest = (dueAt: AnyPgColumn) => sql<Date>`coalesce(${dueAt}, 'infinity'::timestamptz)`;

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
    /** task | meeting | checklist | approval; what the system raises by itself is a task. */
    kind: text('kind').notNull().default('task'),
    title: text('title').notNull(),
    instructions: text('instructions').notNull(),
    /** Figures beside the instructions, as they were when it was opened. */
    data: jsonb('data').$type<Record<string, unknown>>().notNull().default({}),
    /** Where it is done, when that is not here. */
    link: text('link'),
    attendees: text('attendees'),
    /** When a meeting is to take place. */
    bookedFor: instant('booked_for'),
    bookedBy: text('booked_by'),
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
    changedIn: changedIn(),
  },
  (t) => [
    uniqueIndex('tasks_key').on(t.key),
    index('tasks_changed').on(t.changedIn),
    index('tasks_of_none')
      .on(t.endedAt)
      .where(sql`${t.journeyId} is null`),
    index('tasks_due').on(soonest(t.dueAt), t.id),
    index('tasks_state').on(t.state, soonest(t.dueAt), t.id),
    index('tasks_owner').on(t.owner, t.state, soonest(t.dueAt), t.id),
    index('tasks_role').on(t.ownerRole, t.state, soonest(t.dueAt), t.id),
    index('tasks_journey').on(t.journeyId),
    index('tasks_account').on(t.accountId, t.state),
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
    /** A price cut: an account has one of them open or running at a time. */
    discount: boolean('discount').notNull().default(false),
    /** Until when an accepted one has its effect. */
    runsUntil: instant('runs_until'),
  },
  (t) => [
    uniqueIndex('offers_step').on(t.journeyId, t.step, t.n),
    index('offers_account').on(t.accountId),
    index('offers_list').on(t.createdAt, t.id),
    index('offers_open')
      .on(t.createdAt, t.id)
      .where(sql`${t.state} = 'open'`),
    index('offers_taken')
      .on(t.accountId, t.offer)
      .where(sql`${t.state} = 'accepted'`),
  ],
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
