import { sql } from 'drizzle-orm';
import { bigserial, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** Nobody may speak to this account (or this contact of it), for this reason, until. */
export const holds = pgTable(
  'holds',
  {
    id: uuid('id').primaryKey(),
    accountId: text('account_id').notNull(),
    contactId: uuid('contact_id'),
    /** `person`: set by staff, holds all. Otherwise a level of the arbiter's priority table, which holds what ranks lower. */
    level: text('level').notNull(),
    reason: text('reason').notNull(),
    by: text('by').notNull(),
    at: instant('at').notNull(),
    until: instant('until'),
    releasedAt: instant('released_at'),
    releasedBy: text('released_by'),
  },
  (t) => [
    index('holds_open')
      .on(t.accountId)
      .where(sql`${t.releasedAt} is null`),
    index('holds_released')
      .on(t.releasedAt)
      .where(sql`${t.releasedAt} is not null`),
    index('holds_list')
      .on(t.at, t.id)
      .where(sql`${t.releasedAt} is null`),
    index('holds_until')
      .on(t.until)
      .where(sql`${t.releasedAt} is null`),
  ],
);

/** Nothing leaves at all: everywhere, by channel, by provider or by playbook. */
export const stops = pgTable(
  'stops',
  {
    id: uuid('id').primaryKey(),
    /** global | channel | provider | playbook */
    scope: text('scope').notNull(),
    target: text('target'),
    reason: text('reason').notNull(),
    by: text('by').notNull(),
    at: instant('at').notNull(),
    until: instant('until'),
    releasedAt: instant('released_at'),
    releasedBy: text('released_by'),
  },
  (t) => [
    index('stops_open')
      .on(t.scope)
      .where(sql`${t.releasedAt} is null`),
  ],
);

/** Touches that wait on a hold or stop (`hold:<id>`, `stop:<id>`, `provider:<name>`, `paused`): woken when it ends. */
export const waiters = pgTable(
  'waiters',
  {
    hold: text('hold').notNull(),
    journeyId: uuid('journey_id').notNull(),
    step: text('step').notNull(),
    rank: integer('rank').notNull(),
    since: instant('since').notNull(),
    recheck: instant('recheck').notNull(),
  },
  (t) => [primaryKey({ columns: [t.hold, t.journeyId, t.step] })],
);

/** What every process of one deployment must share. */
export const secrets = pgTable('secrets', { name: text('name').primaryKey(), value: text('value').notNull() });

export const apiKeys = pgTable('api_keys', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  /** service | viewer | cs | admin */
  scope: text('scope').notNull(),
  hash: text('hash').notNull().unique(),
  createdAt: instant('created_at').notNull(),
  createdBy: text('created_by').notNull(),
  revokedAt: instant('revoked_at'),
});

/** Who did what to what, and why. Append-only. */
export const audit = pgTable(
  'audit',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    at: instant('at').notNull(),
    actor: text('actor').notNull(),
    action: text('action').notNull(),
    target: text('target').notNull(),
    reason: text('reason'),
    details: jsonb('details').$type<Record<string, unknown>>().notNull(),
  },
  (t) => [
    index('audit_target').on(t.target, t.seq),
    index('audit_actor').on(t.actor, t.seq),
    index('audit_action').on(t.action, t.seq),
    index('audit_at').on(t.at),
  ],
);

export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    caller: text('caller').notNull(),
    key: text('key').notNull(),
    bodyHash: text('body_hash').notNull(),
    /** Null while in progress. */
    status: integer('status'),
    body: jsonb('body').$type<unknown>(),
    lockedUntil: instant('locked_until').notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (t) => [uniqueIndex('idempotency_key').on(t.caller, t.key), index('idempotency_expiry').on(t.expiresAt)],
);
