import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { CommandAnswer, State } from '../../workflows/contracts/journey.ts';
import type { Timetable } from '../../workflows/contracts/timetable.ts';
import { accounts } from './accounts.ts';
import { instant } from './columns.ts';

export const journeys = pgTable(
  'journeys',
  {
    id: uuid('id').primaryKey(),
    /** `<kind>:<account>[:<key>]`: the workflow id; one open journey each. */
    lock: text('lock').notNull(),
    kind: text('kind').notNull(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id),
    key: text('key'),
    playbook: text('playbook').notNull(),
    version: integer('version').notNull(),
    /** starting | running | paused | ended */
    state: text('state').notNull(),
    stage: text('stage'),
    outcome: text('outcome'),
    nextStep: text('next_step'),
    nextAt: instant('next_at'),
    plan: text('plan').notNull(),
    owner: text('owner'),
    anchor: instant('anchor').notNull(),
    options: jsonb('options').$type<Record<string, unknown>>().notNull(),
    timetable: jsonb('timetable').$type<Timetable>().notNull(),
    /** How often it has gone over to another playbook or version: which of its programs the columns above are. */
    program: integer('program').notNull().default(0),
    rev: integer('rev').notNull(),
    snapshot: jsonb('snapshot').$type<State>().notNull(),
    snapshotAt: instant('snapshot_at').notNull(),
    /** Set with the command row itself; `deliver` lets nothing out while it stands: null | paused | exited. */
    stopFlag: text('stop_flag'),
    stopCommand: text('stop_command'),
    runId: text('run_id'),
    /** Distance of the run's clock to real time in ms; 0 but in rehearsals. */
    clockShift: bigint('clock_shift', { mode: 'number' }).notNull(),
    startedBy: text('started_by').notNull(),
    startedAt: instant('started_at').notNull(),
    endedAt: instant('ended_at'),
    /** When its end was written with all that follows from it; set once. */
    concludedAt: instant('concluded_at'),
    pausedSince: instant('paused_since'),
    pausedUntil: instant('paused_until'),
  },
  (t) => [
    uniqueIndex('journeys_open')
      .on(t.lock)
      .where(sql`${t.endedAt} is null`),
    index('journeys_account').on(t.accountId, t.startedAt),
    index('journeys_list').on(t.startedAt, t.id),
    index('journeys_open_list')
      .on(t.startedAt, t.id)
      .where(sql`${t.endedAt} is null`),
    index('journeys_state').on(t.state, t.startedAt, t.id),
    index('journeys_kind').on(t.kind, t.startedAt, t.id),
    index('journeys_playbook').on(t.playbook, t.startedAt, t.id),
    index('journeys_owner').on(t.owner, t.startedAt, t.id),
    index('journeys_ended').on(t.endedAt, t.state, t.kind),
    index('journeys_starting')
      .on(t.startedAt)
      .where(sql`${t.state} = 'starting'`),
  ],
);

export const commands = pgTable(
  'commands',
  {
    journeyId: uuid('journey_id')
      .notNull()
      .references(() => journeys.id),
    id: text('id').notNull(),
    name: text('name').notNull(),
    body: jsonb('body').$type<Record<string, unknown>>().notNull(),
    bodyHash: text('body_hash').notNull(),
    reason: text('reason').notNull(),
    actor: text('actor').notNull(),
    /** received | applied | refused */
    state: text('state').notNull(),
    answer: jsonb('answer').$type<CommandAnswer | Record<string, unknown>>(),
    rev: integer('rev'),
    receivedAt: instant('received_at').notNull(),
    answeredAt: instant('answered_at'),
    bulkId: uuid('bulk_id'),
  },
  (t) => [
    uniqueIndex('commands_id').on(t.journeyId, t.id),
    index('commands_received').on(t.receivedAt),
    index('commands_open')
      .on(t.receivedAt)
      .where(sql`${t.state} = 'received'`),
  ],
);

/** Why a step did or did not happen. One row an occurrence of a step, and channel. */
export const decisions = pgTable(
  'decisions',
  {
    journeyId: uuid('journey_id')
      .notNull()
      .references(() => journeys.id),
    step: text('step').notNull(),
    n: integer('n').notNull(),
    accountId: text('account_id').notNull(),
    kind: text('kind').notNull(),
    channel: text('channel'),
    outcome: text('outcome').notNull(),
    reason: text('reason'),
    at: instant('at').notNull(),
    due: instant('due'),
    template: text('template'),
    variant: text('variant'),
    offer: text('offer'),
    details: jsonb('details').$type<Record<string, unknown>>().notNull(),
    /** Later words about the same step (held, then sent; offer accepted) replace earlier ones; all of them stay here. */
    history: jsonb('history').$type<{ outcome: string; reason: string | null; at: string }[]>().notNull(),
  },
  (t) => [
    uniqueIndex('decisions_step').on(t.journeyId, t.step, t.n),
    index('decisions_account').on(t.accountId, t.at),
    index('decisions_at').on(t.at),
    index('decisions_by_step').on(t.step, t.at),
    index('decisions_outcome').on(t.outcome, t.at),
  ],
);

export const bulkCommands = pgTable('bulk_commands', {
  id: uuid('id').primaryKey(),
  filter: jsonb('filter').$type<Record<string, unknown>>().notNull(),
  body: jsonb('body').$type<Record<string, unknown>>().notNull(),
  actor: text('actor').notNull(),
  state: text('state').notNull(),
  total: integer('total').notNull(),
  createdAt: instant('created_at').notNull(),
  endedAt: instant('ended_at'),
});

/** The frozen selection of a bulk command, and what became of each. */
export const bulkItems = pgTable(
  'bulk_items',
  {
    bulkId: uuid('bulk_id')
      .notNull()
      .references(() => bulkCommands.id),
    position: integer('position').notNull(),
    journeyId: uuid('journey_id').notNull(),
    outcome: text('outcome'),
    code: text('code'),
    detail: text('detail'),
    answeredAt: instant('answered_at'),
  },
  (t) => [uniqueIndex('bulk_items_position').on(t.bulkId, t.position)],
);

export type JourneyRow = typeof journeys.$inferSelect;
