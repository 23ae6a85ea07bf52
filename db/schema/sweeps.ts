import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** How far each daily sweep has come: what became due since `completedAt` is still to be looked at. */
export const sweeps = pgTable('sweeps', {
  name: text('name').primaryKey(),
  completedAt: instant('completed_at').notNull(),
  started: integer('started').notNull(),
  refused: integer('refused').notNull(),
});
