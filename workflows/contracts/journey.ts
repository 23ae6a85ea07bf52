import type { ClockRule, Instant, ZoneRules } from './time.ts';
import type { Channel, StepKind } from './playbook.ts';
import type { Timetable } from './timetable.ts';
import type { Command, Refusal } from './commands.ts';

/** Where a step stands. `idle`: not plannable yet (its stage or the step it follows has not come). `open`: told, awaiting a fact. */
export type StepStatus = 'idle' | 'waiting' | 'gated' | 'sending' | 'open' | 'done';

/** How a step ended. One word; the reason beside it says why. */
export type StepOutcome =
  | 'sent'
  | 'skipped'
  | 'dropped'
  | 'failed'
  | 'met'
  | 'missed'
  | 'accepted'
  | 'declined'
  | 'expired'
  | 'completed'
  | 'answered'
  /** A milestone reached after its date. */
  | 'late'
  | 'held'
  | 'no-show';

export type StepState = {
  st: StepStatus;
  /** Occurrence, from 1; later ones by `repeat` or `rearm`. */
  n: number;
  /** What the playbook says by its anchor, untouched by pauses and commands. */
  planned?: Instant;
  /** Unmoved due, before send window and holds: (`set` or `planned`) + `shift`. */
  base?: Instant;
  /** When it really falls due: base + shift in its window, or `set`. */
  due?: Instant;
  /** What freezing pauses have added, in ms. */
  shift?: number;
  /** What they have added to a repetition: its next occurrence keeps that. */
  carried?: number;
  /** Put there by a command (postpone, run-now) or a re-plan: not recomputed from the anchor. */
  set?: Instant;
  /** `set` is a person's word: it outlives a moved anchor, and a run-now passes its gate. */
  byCommand?: 'run-now' | 'postpone';
  /** When this wait began: a freezing pause adds only what it took of the wait. */
  begun?: Instant;
  gateUntil?: Instant;
  /** The hold it waits on; `due` is then the re-check. `firstDue` keeps the due that lateness counts from. */
  hold?: string;
  /** The last hold that ended while it was being told. */
  released?: string;
  firstDue?: Instant;
  /** When it opened. */
  since?: Instant;
  expires?: Instant;
  level?: number;
  items?: Record<string, Instant>;
  /** Some of its recipients were told, others wait. */
  partly?: true;
  /** When a meeting got its date. */
  booked?: Instant;
  /** The command that approved what waits for approval. */
  approvedBy?: string;
  /** For steps that may happen again: the instant that this occurrence counts from. */
  from?: Instant;
  /** When the occurrence before it happened; a re-armed one is wanted from `notBefore` on only, and idle until its date lies there. */
  told?: Instant;
  notBefore?: Instant;
  /** The occurrence with which a repetition began anew; missing: the first. */
  series?: number;
  /** The instant that a repetition goes on counting from though its flag was set anew. */
  clock?: Instant;
  /** What the timetable no longer says of a step that a migration took out of it. */
  removed?: { kind: StepKind; channel?: Channel };
  outcome?: StepOutcome;
  reason?: string;
  at?: Instant;
  variant?: string;
  offer?: string;
  /** A fact that came before the outcome of its own touch; applied with that outcome. */
  closing?: { what: Exclude<FactKind, 'booked'>; at: Instant };
  /** The revision of the state that its touch was started with. */
  rev?: number;
};

/** How an earlier occurrence of a repeating step ended, kept until an activity that knows of it has been heard of. */
export type PastOccurrence = StepState & { step: string; rev: number };

export type Pause = { since: Instant; until: Instant | null; clock: ClockRule | null; by: string };

export type Ended = { outcome: string; how: 'goal' | 'exit' | 'timetable' | 'max-age' | 'command'; at: Instant };

/** A journey's whole kernel state: start input, continue-as-new input and snapshot are this object beside its timetable. Plain JSON. */
export type State = {
  v: 1;
  rev: number;
  startedAt: Instant;
  anchors: Record<string, Instant>;
  zone: ZoneRules;
  plan: string;
  owner: string | null;
  flags: Record<string, Instant>;
  /** `shift`: what freezing pauses have added to its end, in ms. */
  stages: Record<string, { entered?: Instant; ended?: Instant; shift?: number }>;
  /** The same for the end of the journey. */
  shift?: number;
  steps: Record<string, StepState>;
  /** Earlier occurrences whose end may not be in the database yet. */
  past?: PastOccurrence[];
  pause: Pause | null;
  ended: Ended | null;
  /** ms added to an anchor by extensions so far. */
  extended: Record<string, number>;
  lastTouch: Instant | null;
  /** `planned` of that touch: what the playbook itself plans closer than `minGap` stays so. */
  lastPlanned?: Instant;
  /** Command id → rev at which it was applied; the newest 256. */
  answered: Record<string, number>;
  /** Newest 256 event ids. */
  seen: string[];
  /** How often the journey has gone over to another playbook or version; missing: never. */
  program?: number;
};

/** `booked` gives a meeting its date and leaves it open; `held` and `no-show` close it. */
export type FactKind = 'accepted' | 'declined' | 'completed' | 'answered' | 'missed' | 'booked' | 'held' | 'no-show';

/** Where a journey goes over to: another version of its playbook, or another playbook of its kind. */
export type Program = {
  /** Counts such changes. */
  program: number;
  timetable: Timetable;
  /** Dates that come from facts. */
  anchors: Record<string, Instant>;
  /** Flags that would be set if it began now; those count that it has not known before. Missing: none. */
  flags?: string[];
};

/** What the outside did, as a run learns of it: ids, enums, numbers and dates only. */
export type Happening =
  | {
      t: 'event';
      id: string;
      type: string;
      at: Instant;
      fields: Record<string, string | number | boolean | null>;
      zone?: ZoneRules;
    }
  | { t: 'fact'; id: string; step: string; what: FactKind; at: Instant; item?: string; value?: number }
  | { t: 'released'; id: string; hold: string; at: Instant }
  /** Its plan or its band changed. */
  | ({ t: 'migrated'; id: string; at: Instant } & Program);

/** What `deliver` answers. `held`: wait until `recheck` (≤ 24 h) or the hold's end. `stale`: too late by the clock at the attempt; the late policy decides. */
export type DeliverOutcome = (
  | { is: 'sent'; variant?: string; offer?: string; opens?: boolean }
  | { is: 'met' | 'missed'; variant?: string }
  | { is: 'skipped' | 'dropped' | 'failed'; reason: string; variant?: string }
  /** `told`: some of its recipients were. */
  | { is: 'held'; hold: string; recheck: Instant; reason: string; told?: true }
  | { is: 'stale' }
  | { is: 'recalled'; told?: true }
) & { zone?: ZoneRules };

export type Input = { now: Instant } & (
  | { t: 'tick' }
  | { t: 'command'; command: Command }
  | { t: 'happening'; happening: Happening }
  | { t: 'outcome'; step: string; n: number; outcome: DeliverOutcome }
);

/** What the workflow starts beside its loop. */
export type Effect =
  | { t: 'touch'; step: string; n: number; due: Instant; staleAfter: Instant }
  | { t: 'recall'; step: string }
  | { t: 'escalate'; step: string; n: number; level: number }
  /** Whether the run is running, paused or ended has changed. */
  | { t: 'status' };

/** `timetable`: the journey follows this one from now on; whoever holds a kernel binds a new one to it. */
export type Advanced = { state: State; effects: Effect[]; refused?: Refusal; timetable?: Timetable };

export type ForecastEntry = {
  step: string;
  at: Instant;
  kind: string;
  channel: string | null;
  /** null where the segment, known only at send time, decides. */
  template: string | null;
  /** A wait that only an event can end is forecast at its latest, and marked so. */
  waitsFor?: string;
};

export type JourneyStatus = 'running' | 'paused' | 'ended';

/** Argument of every journey workflow: at start, at continue-as-new and at rehydration. */
export type JourneyInput = {
  version: 1;
  journeyId: string;
  account: string;
  timetable: Timetable;
  state: State;
  /** Added to the workflow clock: a rehearsal's distance to real time, 0 in production. */
  clockShift?: number;
  /** Continue as new after so many revisions (tests); in production when the server suggests it. */
  continueEvery?: number;
};

export type DeliverInput = {
  journeyId: string;
  account: string;
  step: string;
  n: number;
  due: Instant;
  staleAfter: Instant;
  clockShift: number;
  state: State;
};

export type EscalateInput = {
  journeyId: string;
  account: string;
  step: string;
  n: number;
  level: number;
  clockShift: number;
  state: State;
};
export type RecordCommandInput = {
  journeyId: string;
  commandId: string;
  answer: CommandAnswer;
  state: State;
  at: Instant;
};
export type ConcludeInput = { journeyId: string; account: string; at: Instant; state: State };

/** What an accepted command answers with: the dates that it changed, and what recalled touches became. */
export type CommandAnswer = {
  rev: number;
  status: JourneyStatus;
  changes: Change[];
  duplicate?: true;
};

/** One visible change: a date moved (`from` → `to`), a step decided, or a touch that was already at the provider and went out. */
export type Change = { what: string; from?: Instant | string | null; to?: Instant | string | null; note?: string };
