import type { Command, Refusal } from '../contracts/commands.ts';
import type { Advanced, Change, ForecastEntry, Input, JourneyStatus, State } from '../contracts/journey.ts';
import type { Instant, ZoneRules } from '../contracts/time.ts';
import type { Timetable } from '../contracts/timetable.ts';

/** What a journey begins with, resolved outside: the kernel looks nothing up. */
export type Seed = {
  startedAt: Instant;
  /** Given anchors; the timetable's own are computed. */
  anchors?: Record<string, Instant>;
  zone: ZoneRules;
  plan: string;
  owner: string | null;
  flags: Record<string, Instant>;
};

/** The journey as a state machine, bound to one timetable and its kind's rules. Every function is pure; states are never mutated. */
export type Kernel = {
  readonly timetable: Timetable;
  /** The same rules bound to another timetable: after a migration. */
  on(timetable: Timetable): Kernel;
  begin(seed: Seed): State;
  advance(state: State, input: Input): Advanced;
  /** The validator, and the re-check in the handler. */
  refuse(state: State, command: Command, now: Instant): Refusal | undefined;
  /** The next instant at which a tick would change something; undefined: only an input can. */
  nextWake(state: State): Instant | undefined;
  forecast(state: State, now: Instant): ForecastEntry[];
  preview(
    state: State,
    command: Command,
    now: Instant,
  ): { refused: Refusal } | { state: State; changes: Change[]; forecast: ForecastEntry[] };
  status(state: State): JourneyStatus;
  stage(state: State): string | null;
  next(state: State): { step: string; at: Instant } | null;
  changes(before: State, after: State): Change[];
};
