import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { AffectedBody, PostMortem } from '../../workflows/contracts/incidents.ts';
import { accounts } from './accounts.ts';
import { instant } from './columns.ts';
import { journeys } from './journeys.ts';

/** Something is broken for several accounts (`platform`), or a matter of the business itself. Its clocks are its journey's; its words are here alone. */
export const incidents = pgTable(
  'incidents',
  {
    id: uuid('id').primaryKey(),
    /** platform | business */
    kind: text('kind').notNull(),
    /** Class of a business incident. */
    class: text('class'),
    /** Whoever opens it knows it by this: one open incident each. */
    key: text('key'),
    /** Public: the status page and the notices show it. */
    title: text('title').notNull(),
    /** For staff only, as the source told it. */
    summary: text('summary'),
    /** SEV-1 … SEV-4; null until somebody has said. */
    severity: text('severity'),
    status: text('status').notNull(),
    /** api | alertmanager */
    source: text('source').notNull(),
    affected: jsonb('affected').$type<AffectedBody>(),
    accounts: integer('accounts').notNull(),
    /** So many alerts were left out when their source last told of them. */
    truncatedAlerts: integer('truncated_alerts').notNull().default(0),
    /** The account that a business incident is about. */
    accountId: text('account_id').references(() => accounts.id),
    journeyId: uuid('journey_id')
      .notNull()
      .references(() => journeys.id),
    /** The number of its newest update. */
    updates: integer('updates').notNull(),
    nextUpdateAt: instant('next_update_at'),
    openedBy: text('opened_by').notNull(),
    openedAt: instant('opened_at').notNull(),
    acknowledgedBy: text('acknowledged_by'),
    acknowledgedAt: instant('acknowledged_at'),
    resolvedBy: text('resolved_by'),
    resolvedAt: instant('resolved_at'),
    postMortem: jsonb('post_mortem').$type<PostMortem>(),
    closedBy: text('closed_by'),
    closedAt: instant('closed_at'),
  },
  (t) => [
    uniqueIndex('incidents_key')
      .on(t.key)
      .where(sql`${t.resolvedAt} is null and ${t.closedAt} is null`),
    uniqueIndex('incidents_journey').on(t.journeyId),
    index('incidents_list').on(t.openedAt, t.id),
  ],
);
export type IncidentRow = typeof incidents.$inferSelect;

/** What the public was told, in order. */
export const incidentUpdates = pgTable(
  'incident_updates',
  {
    incidentId: uuid('incident_id')
      .notNull()
      .references(() => incidents.id),
    n: integer('n').notNull(),
    status: text('status').notNull(),
    message: text('message').notNull(),
    nextUpdateAt: instant('next_update_at'),
    by: text('by').notNull(),
    at: instant('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.n] }), index('incident_updates_at').on(t.at)],
);
export type IncidentUpdateRow = typeof incidentUpdates.$inferSelect;

/** Accounts that it touches, and the hold that keeps lesser mail from each. Narrowing sets `removedAt`; the row stays, and whoever was told hears what follows. */
export const incidentAccounts = pgTable(
  'incident_accounts',
  {
    incidentId: uuid('incident_id')
      .notNull()
      .references(() => incidents.id),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id),
    plan: text('plan').notNull(),
    holdId: uuid('hold_id'),
    addedAt: instant('added_at').notNull(),
    removedAt: instant('removed_at'),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.accountId] }), index('incident_accounts_account').on(t.accountId)],
);

/** Alerts that made or joined it: one row a fingerprint, however often it is told. */
export const incidentAlerts = pgTable(
  'incident_alerts',
  {
    incidentId: uuid('incident_id')
      .notNull()
      .references(() => incidents.id),
    fingerprint: text('fingerprint').notNull(),
    name: text('name').notNull(),
    severity: text('severity'),
    /** firing | resolved */
    state: text('state').notNull(),
    startsAt: instant('starts_at'),
    endsAt: instant('ends_at'),
    seenAt: instant('seen_at').notNull(),
    times: integer('times').notNull(),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.fingerprint] })],
);

/** One notice to every affected account, begun by an occurrence of a broadcast step. */
export const broadcasts = pgTable(
  'broadcasts',
  {
    id: uuid('id').primaryKey(),
    incidentId: uuid('incident_id')
      .notNull()
      .references(() => incidents.id),
    journeyId: uuid('journey_id')
      .notNull()
      .references(() => journeys.id),
    step: text('step').notNull(),
    n: integer('n').notNull(),
    /** Which update of the incident it tells. */
    update: integer('update').notNull(),
    playbook: text('playbook').notNull(),
    version: integer('version').notNull(),
    /** Flags of the run when it was begun: what conditions and variants may read. */
    flags: jsonb('flags').$type<Record<string, number>>().notNull(),
    /** starting | running | done */
    state: text('state').notNull(),
    total: integer('total').notNull(),
    due: instant('due').notNull(),
    /** What has not left by then is skipped(stale). */
    staleAt: instant('stale_at').notNull(),
    clockShift: bigint('clock_shift', { mode: 'number' }).notNull(),
    createdAt: instant('created_at').notNull(),
    supersededAt: instant('superseded_at'),
    endedAt: instant('ended_at'),
  },
  (t) => [
    uniqueIndex('broadcasts_step').on(t.journeyId, t.step, t.n),
    index('broadcasts_incident').on(t.incidentId, t.createdAt),
    index('broadcasts_open')
      .on(t.createdAt)
      .where(sql`${t.state} <> 'done'`),
  ],
);
export type BroadcastRow = typeof broadcasts.$inferSelect;

/** The frozen audience of a broadcast, and what became of each: the decision about that account. */
export const broadcastItems = pgTable(
  'broadcast_items',
  {
    broadcastId: uuid('broadcast_id')
      .notNull()
      .references(() => broadcasts.id),
    position: integer('position').notNull(),
    accountId: text('account_id').notNull(),
    /** Null: not decided yet. sent | skipped | dropped | failed */
    outcome: text('outcome'),
    reason: text('reason'),
    /** While it is held or tried again: not before. */
    recheck: instant('recheck'),
    template: text('template'),
    variant: text('variant'),
    details: jsonb('details').$type<Record<string, unknown>>().notNull(),
    at: instant('at'),
  },
  (t) => [
    primaryKey({ columns: [t.broadcastId, t.position] }),
    index('broadcast_items_account').on(t.accountId, t.at),
    index('broadcast_items_open')
      .on(t.broadcastId, t.position)
      .where(sql`${t.outcome} is null`),
  ],
);
export type BroadcastItemRow = typeof broadcastItems.$inferSelect;

/** What a pager was told, by its de-duplication key: one page however often it is asked for. */
export const pages = pgTable(
  'pages',
  {
    key: text('key').primaryKey(),
    journeyId: uuid('journey_id').references(() => journeys.id),
    role: text('role').notNull(),
    severity: text('severity').notNull(),
    title: text('title').notNull(),
    /** triggered | acknowledged | resolved */
    state: text('state').notNull(),
    /** The state that the provider was last told; behind `state` while it cannot be reached. */
    told: text('told'),
    provider: text('provider'),
    attempts: integer('attempts').notNull(),
    nextAt: instant('next_at'),
    error: text('error'),
    at: instant('at').notNull(),
    changedAt: instant('changed_at').notNull(),
  },
  (t) => [
    index('pages_journey').on(t.journeyId),
    index('pages_behind')
      .on(t.nextAt)
      .where(sql`${t.told} is distinct from ${t.state}`),
  ],
);
export type PageRow = typeof pages.$inferSelect;
