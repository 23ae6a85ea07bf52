import { integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { Timetable } from '../../workflows/contracts/timetable.ts';
import { instant } from './columns.ts';
import { journeys } from './journeys.ts';

/** What journeys have gone over to, or may yet: the journey's row follows when a state with that program is written. */
export const programs = pgTable(
  'programs',
  {
    journeyId: uuid('journey_id')
      .notNull()
      .references(() => journeys.id),
    program: integer('program').notNull(),
    playbook: text('playbook').notNull(),
    version: integer('version').notNull(),
    timetable: jsonb('timetable').$type<Timetable>().notNull(),
    /** The command or event that it came with. */
    causeId: text('cause_id').notNull(),
    at: instant('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.journeyId, t.program] })],
);

export type ProgramRow = typeof programs.$inferSelect;
