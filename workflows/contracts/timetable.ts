import type { ClockRule, Instant, Offset } from './time.ts';
import type { Channel, MessageClass, StepKind } from './playbook.ts';

/*
 * The timetable is what a run has pinned of its playbook: ids, dues, policies. At most 16 KiB as JSON (checked at publish).
 * Conditions, segments, templates and terms stay in the immutable playbook version and are read by `deliver`.
 */

/** When something falls due: `from` is `start`, `stage` (entry of its own stage), a named anchor, `flag:<name>` (when it was set), or `step:<id>` (when that step reached an outcome in `after`). */
export type Due = {
  from: string;
  offset: Offset;
  /** Working days added after `offset` by the timetable's calendar. */
  businessDays?: number;
  /** Local minute of the day: the offset then counts calendar days in the recipient's zone. */
  at?: number;
  /** Never sooner than so long after the anchor. */
  atLeast?: Offset;
  /** Allowed local minutes `[from, to)` and ISO weekdays 1–7; a due outside moves to the next opening. */
  window?: { from: number; to: number; weekdays?: number[] };
  /** A due on a weekend or holiday moves to the next or the previous working day, keeping its local time. */
  adjust?: 'following' | 'preceding';
};

export type Late = { within: number; otherwise: 'skip' | 'replan' };

export type TimetableStep = {
  id: string;
  stage: string;
  kind: StepKind;
  title: string;
  due: Due;
  channel?: Channel;
  class: MessageClass;
  /** Template ids it may use, in segment order; for forecasts only. */
  templates?: string[];
  clock: ClockRule;
  late: Late;
  /** All must be set (unset) when it falls due, else `skipped(<reason>)`. Judged in the kernel on event flags. */
  if?: { flag: string; reason: string }[];
  unless?: { flag: string; reason: string }[];
  /** Waits for a flag; `until` passed without it → `skipped(<reason>)`. Moves with the step under a pause. */
  gate?: { flag: string; until: Due; reason: string };
  /** With `due.from = step:<id>`: the outcomes of that step that make this one due; any other → `skipped(not-needed)`. */
  after?: string[];
  /** Only while the step that it counts from is open, else `skipped(already-done)`. */
  whileOpen?: boolean;
  /** For milestones: all must be set. */
  needs?: string[];
  /** ms; done, it has another occurrence when its date moves to at least so long after it was done. */
  rearm?: number;
  /** Span of a legal notice, and ms before its end at which somebody is told that it has not left. */
  notice?: { opens: Due; closes: Due; alarm: number };
  plans?: string[];
  repeat?: { every: Offset; until?: string; max?: number };
  /** The step stays open after its touch, until a fact closes it. */
  open?: {
    expires?: Due;
    /** What becomes of it at `expires`. */
    otherwise: 'expired' | 'missed';
    clock: ClockRule;
    items?: string[];
    /** Items that are done as soon as the step opens. */
    provided?: string[];
    /** Flags that items set when they are done. */
    sets?: Record<string, string>;
    /** Offsets from the moment it opened (from `expires` when negative). */
    escalations?: { after: Offset; level: number; unless?: 'booked' }[];
  };
};

export type TimetableStage = {
  id: string;
  title: string;
  /** `journey`: entered at the start; `previous`: when the stage before it ended; `flag:<name>`: when the flag is set. */
  enter: string;
  /** A flag that ends it: what waits is dropped(stage-ended). */
  until?: string;
  /** What is not done by then is dropped(past-stage-end). */
  end?: Due;
};

/** What a listened event does to a run. Only the fields named in `listens` ever reach it. */
export type Reaction = {
  event: string;
  where?: Record<string, string | number | boolean>;
  set?: string;
  /** The flag takes the new time even when it is set. */
  again?: true;
  clear?: string;
  /** `<step>/<item>` of a checklist, or a step that the event completes. */
  item?: string;
  completes?: string;
  /** With `completes`: only while that step is open. */
  whileOpen?: boolean;
  /** Moves an anchor to the date in this field. */
  move?: { anchor: string; field: string };
  end?: { how: 'goal' | 'exit'; outcome: string };
};

export type Timetable = {
  playbook: string;
  version: number;
  kind: string;
  stages: TimetableStage[];
  steps: TimetableStep[];
  anchors: Record<string, { from: string; offset: Offset } | { given: true }>;
  /** The end of the journey by its timetable, and its outcomes: the first whose flag is set, else the one without. */
  end?: { at: Due; outcomes: { flag?: string; outcome: string }[] };
  /** A pause moves the ends of stages and journey by its own length; absent: they stay. */
  endClock?: 'freeze';
  /** What `extend` and `move-date` move, and how far in all (ms). */
  extend?: { anchor: string; max: number };
  moves?: string;
  minGap: number;
  maxAge: number;
  calendar: { weekend: number[]; holidays: string[] };
  listens: Record<string, string[]>;
  reactions: Reaction[];
  /** Figures that somebody outside watches for the run; told by the event `metric.crossed`. */
  watches?: { id: string; metric: string; overDays?: number; rises?: number; falls?: number; again?: true }[];
  /** Terms of offers that change the run when accepted; read by the rules of the kind. */
  offers: Record<string, { extendsBy?: number; converts?: boolean }>;
};

export type { Instant };
