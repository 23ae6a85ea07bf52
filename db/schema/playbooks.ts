import { index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { instant } from './columns.ts';

/** Immutable once published. */
export const playbooks = pgTable(
  'playbooks',
  {
    id: text('id').notNull(),
    version: integer('version').notNull(),
    sha256: text('sha256').notNull(),
    source: text('source').notNull(),
    definition: jsonb('definition').$type<Playbook>().notNull(),
    publishedAt: instant('published_at').notNull(),
    publishedBy: text('published_by').notNull(),
  },
  (t) => [primaryKey({ columns: [t.id, t.version] })],
);

/** A template's major is its meaning, pinned by playbooks; its newest minor is the copy that is sent. */
export const templates = pgTable(
  'templates',
  {
    id: text('id').notNull(),
    major: integer('major').notNull(),
    minor: integer('minor').notNull(),
    sha256: text('sha256').notNull(),
    compiled: jsonb('compiled').$type<Record<string, unknown>>().notNull(),
    publishedAt: instant('published_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.id, t.major, t.minor] }), index('templates_sha').on(t.sha256)],
);
