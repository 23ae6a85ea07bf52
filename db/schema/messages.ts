import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { journeys } from './journeys.ts';

/**
 * The ledger. Key (journey, step, occurrence, recipient, channel): at most one row, and so at most one message.
 * intended → sent | failed | in-doubt; `held` and `skipped` never get a row here (they are decisions). What needs an approval begins as
 * `draft`, which nobody may send, and is intended once it is approved; or it is withdrawn.
 */
export const messages = pgTable(
  'messages',
  {
    id: uuid('id').primaryKey(),
    journeyId: uuid('journey_id')
      .notNull()
      .references(() => journeys.id),
    accountId: text('account_id').notNull(),
    step: text('step').notNull(),
    n: integer('n').notNull(),
    contactId: uuid('contact_id').notNull(),
    channel: text('channel').notNull(),
    class: text('class').notNull(),
    /** draft | intended | sent | failed | in-doubt | withdrawn */
    state: text('state').notNull(),
    attempt: integer('attempt').notNull(),
    leaseUntil: instant('lease_until'),
    /** Frozen at the first attempt, so that a retry tells the same person the same thing. */
    to: text('to'),
    subject: text('subject'),
    html: text('html'),
    text: text('text').notNull(),
    template: text('template').notNull(),
    templateMajor: integer('template_major').notNull(),
    templateMinor: integer('template_minor').notNull(),
    variant: text('variant'),
    offer: text('offer'),
    provider: text('provider').notNull(),
    messageId: text('message_id').notNull(),
    providerId: text('provider_id'),
    receipt: text('receipt'),
    headers: jsonb('headers').$type<Record<string, string>>().notNull(),
    error: text('error'),
    countsForCap: boolean('counts_for_cap').notNull(),
    intendedAt: instant('intended_at').notNull(),
    /** Of a legal notice: when it was due, and the span in which the law wants it, as they stood when it was written. */
    notice: jsonb('notice').$type<{ due: string; opens: string; closes: string }>(),
    sentAt: instant('sent_at'),
    acknowledgedAt: instant('acknowledged_at'),
    resolvedBy: text('resolved_by'),
    /** The role that must approve it, and until when; null: it needs nobody's word. */
    approvalBy: text('approval_by'),
    approvalUntil: instant('approval_until'),
    /** Who or what let it go, by command id; `auto` when its time was over. */
    approvedBy: text('approved_by'),
    /** The newest edit command whose words it has. */
    editedBy: text('edited_by'),
  },
  (t) => [
    uniqueIndex('messages_key').on(t.journeyId, t.step, t.n, t.contactId, t.channel),
    uniqueIndex('messages_message_id').on(t.messageId),
    index('messages_account').on(t.accountId, t.intendedAt),
    index('messages_cap')
      .on(t.contactId, t.channel, t.intendedAt)
      .where(sql`${t.countsForCap}`),
    index('messages_list').on(t.intendedAt, t.id),
    index('messages_channel').on(t.channel, t.intendedAt, t.id),
    index('messages_not_sent')
      .on(t.state, t.intendedAt, t.id)
      .where(sql`${t.state} <> 'sent'`),
  ],
);
export type MessageRow = typeof messages.$inferSelect;
