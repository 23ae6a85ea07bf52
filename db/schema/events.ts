import { sql } from 'drizzle-orm';
import { bigserial, index, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { Happening } from '../../workflows/contracts/journey.ts';
import { instant } from './columns.ts';
import { journeys } from './journeys.ts';

/** Stored before it is acknowledged; known by its id for as long as it is kept. */
export const events = pgTable(
  'events',
  {
    id: text('id').primaryKey(),
    accountId: text('account_id').notNull(),
    type: text('type').notNull(),
    at: instant('at').notNull(),
    receivedAt: instant('received_at').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull(),
    bodyHash: text('body_hash').notNull(),
    actor: text('actor').notNull(),
  },
  (t) => [index('events_account').on(t.accountId, t.at), index('events_received').on(t.receivedAt)],
);

/** What a run must be told: written in the transaction of its cause, signalled in order per account by the dispatcher. */
export const deliveries = pgTable(
  'deliveries',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    accountId: text('account_id').notNull(),
    journeyId: uuid('journey_id')
      .notNull()
      .references(() => journeys.id),
    /** Unique with the journey: an event id, or the id of the fact or hold that it tells of. */
    causeId: text('cause_id').notNull(),
    happening: jsonb('happening').$type<Happening>().notNull(),
    createdAt: instant('created_at').notNull(),
    /** Not before: a released hold wakes its waiters at a set rate. */
    notBefore: instant('not_before').notNull(),
    deliveredAt: instant('delivered_at'),
    /** Delivered to nobody: the journey had ended. */
    note: text('note'),
  },
  (t) => [
    uniqueIndex('deliveries_cause').on(t.journeyId, t.causeId),
    index('deliveries_open')
      .on(t.notBefore, t.seq)
      .where(sql`${t.deliveredAt} is null`),
    index('deliveries_journey').on(t.journeyId, t.seq),
    index('deliveries_delivered').on(t.deliveredAt),
  ],
);
