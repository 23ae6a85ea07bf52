import { index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, thisTransaction, transaction } from './columns.ts';

/**
 * What a remote CRM knows of an object here. Its own rows are the outbox: an object whose fingerprint differs from the told one has yet to be told,
 * so nothing can be lost, and many changes in an outage are one when it ends.
 */
export const crmSync = pgTable(
  'crm_sync',
  {
    /** company | contact | deal | note | task */
    kind: text('kind').notNull(),
    /** The object's id here: account, contact, opportunity key, note key, task id. */
    externalId: text('external_id').notNull(),
    accountId: text('account_id').notNull(),
    remoteId: text('remote_id'),
    /** md5 of the fields that were told; null: tell again. */
    told: text('told'),
    toldAt: instant('told_at'),
    attempts: integer('attempts').notNull(),
    notBefore: instant('not_before').notNull(),
    /** The remote side refused it as it is; it is tried again when it changes. */
    refused: text('refused'),
    /** Which transaction last gave a reason to look at it, or at what stands beside it: it came to be known there, or is to be told again. */
    stirredIn: transaction('stirred_in').notNull().default(thisTransaction),
  },
  (t) => [
    primaryKey({ columns: [t.kind, t.externalId] }),
    index('crm_sync_remote').on(t.kind, t.remoteId),
    index('crm_sync_account').on(t.accountId, t.kind),
    index('crm_sync_stirred').on(t.kind, t.stirredIn),
  ],
);

/** Up to where the objects of a kind have been looked over: every transaction before `seen` had ended, and what it wrote was looked at. */
export const crmLooks = pgTable('crm_looks', {
  kind: text('kind').primaryKey(),
  seen: transaction('seen').notNull(),
  /** When all of them were last looked over, changed or not. */
  wholeAt: instant('whole_at').notNull(),
});

/** Who does a thing that only one process may do at a time, until when. */
export const leases = pgTable('leases', {
  name: text('name').primaryKey(),
  holder: text('holder').notNull(),
  until: instant('until').notNull(),
});
