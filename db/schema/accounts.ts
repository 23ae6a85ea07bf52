import { sql } from 'drizzle-orm';
import {
  boolean,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { changedIn, instant } from './columns.ts';

export const accounts = pgTable(
  'accounts',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    plan: text('plan').notNull(),
    timeZone: text('time_zone').notNull(),
    industry: text('industry'),
    facts: jsonb('facts').$type<Record<string, unknown>>().notNull(),
    rev: integer('rev').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    closedAt: instant('closed_at'),
    erasedAt: instant('erased_at'),
    /** The system's own: what concerns no customer runs for it; left out of lists and refused at the edge. */
    internal: boolean('internal').notNull().default(false),
    changedIn: changedIn(),
  },
  (t) => [
    index('accounts_changed').on(t.changedIn),
    index('accounts_erased')
      .on(t.id)
      .where(sql`${t.erasedAt} is not null`),
    index('accounts_renewal')
      .on(sql`(${t.facts} ->> 'renewal_date')`, t.id)
      .where(sql`${t.closedAt} is null`),
  ],
);

/** One row an account; whoever decides about a touch holds it FOR NO KEY UPDATE. */
export const gates = pgTable('gates', { accountId: text('account_id').primaryKey() });

export const contacts = pgTable(
  'contacts',
  {
    id: uuid('id').primaryKey(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id),
    role: text('role').notNull(),
    position: integer('position').notNull(),
    name: text('name'),
    email: text('email'),
    phone: text('phone'),
    timeZone: text('time_zone'),
    removedAt: instant('removed_at'),
    changedIn: changedIn(),
  },
  (t) => [
    index('contacts_account').on(t.accountId, t.position),
    index('contacts_changed').on(t.changedIn),
    index('contacts_removed')
      .on(t.removedAt)
      .where(sql`${t.removedAt} is not null and num_nonnulls(${t.name}, ${t.email}, ${t.phone}) > 0`),
  ],
);

/** The newest row a contact and channel is what holds; older ones are the proof. */
export const consents = pgTable(
  'consents',
  {
    id: uuid('id').primaryKey(),
    contactId: uuid('contact_id')
      .notNull()
      .references(() => contacts.id),
    channel: text('channel').notNull(),
    given: boolean('given').notNull(),
    source: text('source').notNull(),
    at: instant('at').notNull(),
    recordedAt: instant('recorded_at').notNull(),
  },
  (t) => [index('consents_contact').on(t.contactId, t.channel, t.recordedAt)],
);

/** Addresses nobody may send to: an address by its keyed hash, for all journeys at once. */
export const suppressions = pgTable(
  'suppressions',
  {
    channel: text('channel').notNull(),
    addressHash: text('address_hash').notNull(),
    /** `all` or `marketing`: a hard bounce or complaint stops all, an unsubscribe marketing. */
    scope: text('scope').notNull(),
    reason: text('reason').notNull(),
    source: text('source').notNull(),
    at: instant('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.channel, t.addressHash, t.scope] })],
);

/** Metrics by day: the newest value of the day stands. */
export const metrics = pgTable(
  'metrics',
  {
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id),
    name: text('name').notNull(),
    day: date('day', { mode: 'string' }).notNull(),
    value: doublePrecision('value').notNull(),
    at: instant('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.name, t.day] }), index('metrics_day').on(t.day)],
);

/** The embedded CRM: stage of life and owner of an account. */
export const crmAccounts = pgTable(
  'crm_accounts',
  {
    accountId: text('account_id')
      .primaryKey()
      .references(() => accounts.id),
    stage: text('stage').notNull(),
    owner: text('owner'),
    updatedAt: instant('updated_at').notNull(),
    changedIn: changedIn(),
  },
  (t) => [index('crm_accounts_changed').on(t.changedIn)],
);

export const crmNotes = pgTable(
  'crm_notes',
  {
    /** Derived from journey, step and occurrence: written once however often it is retried. */
    key: text('key').primaryKey(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id),
    text: text('text').notNull(),
    author: text('author').notNull(),
    at: instant('at').notNull(),
    changedIn: changedIn(),
  },
  (t) => [index('crm_notes_account').on(t.accountId, t.at), index('crm_notes_changed').on(t.changedIn)],
);

export const crmOpportunities = pgTable(
  'crm_opportunities',
  {
    key: text('key').primaryKey(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id),
    title: text('title').notNull(),
    amountMinor: integer('amount_minor'),
    currency: text('currency').notNull(),
    stage: text('stage').notNull(),
    at: instant('at').notNull(),
    changedIn: changedIn(),
  },
  (t) => [index('crm_opportunities_account').on(t.accountId), index('crm_opportunities_changed').on(t.changedIn)],
);
