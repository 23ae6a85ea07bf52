import { sql } from 'drizzle-orm';
import {
  bigserial,
  boolean,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { accounts } from './accounts.ts';
import { instant } from './columns.ts';
import { journeys } from './journeys.ts';

/** What was used on a day (UTC), added up. */
export const usageDays = pgTable(
  'usage_days',
  {
    accountId: text('account_id').notNull(),
    metric: text('metric').notNull(),
    day: date('day', { mode: 'string' }).notNull(),
    amount: doublePrecision('amount').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.metric, t.day] }), index('usage_days_day').on(t.day)],
);

/** Usage events are known by their ids for as long as somebody may repeat them; what they said is in the days. */
export const usageSeen = pgTable(
  'usage_seen',
  { id: text('id').primaryKey(), bodyHash: text('body_hash').notNull(), seenAt: instant('seen_at').notNull() },
  (t) => [index('usage_seen_at').on(t.seenAt)],
);

/** Figures that journeys wait for. */
export const watches = pgTable(
  'watches',
  {
    journeyId: uuid('journey_id')
      .notNull()
      .references(() => journeys.id),
    id: text('id').notNull(),
    accountId: text('account_id').notNull(),
    metric: text('metric').notNull(),
    /** The sum of so many days; null: the newest total. */
    overDays: integer('over_days'),
    rises: doublePrecision('rises'),
    falls: doublePrecision('falls'),
    /** Whether the figure has been on the near side of the threshold, so that it can cross it. */
    armed: boolean('armed').notNull(),
    /** Whether it may fire again once the figure has come back. */
    again: boolean('again').notNull().default(false),
    firedAt: instant('fired_at'),
  },
  (t) => [
    primaryKey({ columns: [t.journeyId, t.id] }),
    index('watches_account')
      .on(t.accountId, t.metric)
      .where(sql`${t.firedAt} is null or ${t.again}`),
  ],
);

export type Contribution = { metric: string; value: unknown; weight: number; points: number };

/** Every score that was given. `cause` is unique for account and model: `sweep:<day>`, `event:<id>` or `given:<id>`. */
export const scores = pgTable(
  'scores',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id),
    model: text('model').notNull(),
    version: integer('version').notNull(),
    at: instant('at').notNull(),
    /** Null for models that give a band only, and where too little is known. */
    score: doublePrecision('score'),
    band: text('band'),
    confidence: doublePrecision('confidence').notNull(),
    inputs: jsonb('inputs').$type<Record<string, unknown>>().notNull(),
    contributions: jsonb('contributions').$type<Contribution[]>().notNull(),
    cause: text('cause').notNull(),
    actor: text('actor').notNull(),
  },
  (t) => [
    uniqueIndex('scores_cause').on(t.accountId, t.model, t.cause),
    index('scores_account').on(t.accountId, t.at),
    index('scores_at').on(t.at),
  ],
);

/** The band of an account by a model: what its scores come to (`auto`), and what is in force (`band`): an override while one stands. */
export const bands = pgTable(
  'bands',
  {
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id),
    model: text('model').notNull(),
    band: text('band').notNull(),
    since: instant('since').notNull(),
    auto: text('auto').notNull(),
    autoSince: instant('auto_since').notNull(),
    /** A better band that the scores have reached and must keep for a while. */
    candidate: text('candidate'),
    candidateSince: instant('candidate_since'),
    score: doublePrecision('score'),
    scoredAt: instant('scored_at').notNull(),
    overrideId: uuid('override_id'),
    /** The band that playbooks know of (that all is well from the start needs no word); null: it has only been shown. */
    told: text('told'),
    /** How often they were told: with it each change has an event id of its own. */
    changes: integer('changes').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.model] }),
    index('bands_model').on(t.model, t.band, t.accountId),
    index('bands_candidate')
      .on(t.accountId)
      .where(sql`${t.candidate} is not null`),
  ],
);

/** A band that staff have set by hand, by whom, why and until when. */
export const bandOverrides = pgTable(
  'band_overrides',
  {
    id: uuid('id').primaryKey(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id),
    model: text('model').notNull(),
    band: text('band').notNull(),
    reason: text('reason').notNull(),
    by: text('by').notNull(),
    at: instant('at').notNull(),
    until: instant('until').notNull(),
    endedAt: instant('ended_at'),
    endedBy: text('ended_by'),
  },
  (t) => [
    uniqueIndex('band_overrides_open')
      .on(t.accountId, t.model)
      .where(sql`${t.endedAt} is null`),
    index('band_overrides_until')
      .on(t.until)
      .where(sql`${t.endedAt} is null`),
  ],
);

/** Accounts to be scored at once, written in the transaction of the event that asks for it. */
export const scoreRequests = pgTable(
  'score_requests',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    accountId: text('account_id').notNull(),
    eventId: text('event_id').notNull(),
    at: instant('at').notNull(),
  },
  (t) => [uniqueIndex('score_requests_event').on(t.eventId)],
);

/** A warning about an account that staff must see; one open of a type. */
export const alerts = pgTable(
  'alerts',
  {
    id: uuid('id').primaryKey(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id),
    type: text('type').notNull(),
    eventId: text('event_id').notNull(),
    /** How many events it stands for. */
    count: integer('count').notNull(),
    openedAt: instant('opened_at').notNull(),
    lastAt: instant('last_at').notNull(),
    acknowledgedAt: instant('acknowledged_at'),
    acknowledgedBy: text('acknowledged_by'),
    closedAt: instant('closed_at'),
    /** recovered, or who closed it. */
    closedBy: text('closed_by'),
    outcome: text('outcome'),
  },
  (t) => [
    uniqueIndex('alerts_open')
      .on(t.accountId, t.type)
      .where(sql`${t.closedAt} is null`),
    index('alerts_account').on(t.accountId, t.openedAt),
    index('alerts_list').on(t.openedAt, t.id),
    index('alerts_type').on(t.type, t.openedAt, t.id),
    index('alerts_unclosed')
      .on(t.openedAt, t.id)
      .where(sql`${t.closedAt} is null`),
  ],
);
