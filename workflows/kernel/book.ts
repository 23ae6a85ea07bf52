import type { Effect, State } from '../contracts/journey.ts';
import type { Due, Timetable, TimetableStage, TimetableStep } from '../contracts/timetable.ts';
import type { Rules } from '../rules/rules.ts';

/** A timetable with its rules and look-ups, made once for a kernel. */
export type Book = {
  timetable: Timetable;
  rules: Rules;
  steps: Map<string, TimetableStep>;
  stages: Map<string, TimetableStage>;
  stepsOf: Map<string, TimetableStep[]>;
  milestones: TimetableStep[];
  /** Steps only while the one before them is open. */
  reminders: TimetableStep[];
  /** Steps that may happen again when their date moves. */
  recurring: TimetableStep[];
  /** Flags that dates count from. */
  dated: Set<string>;
  /** Steps whose end something reacts to. */
  heeded: Set<string>;
};

/** A state under work: mutated by the kernel only, with the effects gathered on the way. */
export type Draft = { book: Book; s: State; effects: Effect[]; closed: Closed[] };

/** How a step ended that something reacts to. */
export type Closed = { step: string; at: number; fields: Record<string, string> };

/** Binds a timetable to its rules. */
export function bookOf(timetable: Timetable, rules: Rules): Book {
  return {
    timetable,
    rules,
    steps: new Map(timetable.steps.map((x) => [x.id, x])),
    stages: new Map(timetable.stages.map((x) => [x.id, x])),
    stepsOf: new Map(timetable.stages.map((x) => [x.id, timetable.steps.filter((y) => y.stage === x.id)])),
    milestones: timetable.steps.filter((x) => x.kind === 'milestone'),
    reminders: timetable.steps.filter((x) => x.whileOpen),
    recurring: timetable.steps.filter((x) => x.rearm !== undefined || x.notice),
    dated: new Set(timetable.steps.flatMap(flagsOf)),
    heeded: new Set(timetable.reactions.flatMap(({ event }) => (event.startsWith('step:') ? [event.slice(5)] : []))),
  };
}

/** The flag that a date counts from, or a stage is entered by. */
export const flagIn = (from: string | undefined): string | undefined =>
  from?.startsWith('flag:') ? from.slice(5) : undefined;

/** Flags that a step's dates count from. */
export function flagsOf({ due, gate, open, notice, repeat }: TimetableStep): string[] {
  const from = [
    due.from,
    gate?.until.from,
    open?.expires?.from,
    notice?.opens.from,
    notice?.closes.from,
    repeat?.until,
  ];
  return from.flatMap((x) => flagIn(x) ?? []);
}

/** A copy that may be mutated down to its steps; zone, answered and seen are replaced whole when they change. */
export function draftOf(book: Book, state: State): Draft {
  const steps: State['steps'] = {};
  for (const id in state.steps) {
    const x = state.steps[id]!;
    steps[id] = x.items ? { ...x, items: { ...x.items } } : { ...x };
  }
  const stages: State['stages'] = {};
  for (const id in state.stages) stages[id] = { ...state.stages[id] };
  const s: State = {
    ...state,
    anchors: { ...state.anchors },
    flags: { ...state.flags },
    extended: { ...state.extended },
    stages,
    steps,
  };
  return { book, s, effects: [], closed: [] };
}

/** Steps that speak to a person; gaps between touches and recalls concern them. */
export const isTouch = (step: TimetableStep): boolean =>
  step.kind === 'message' || step.kind === 'offer' || step.kind === 'survey';

/** A step that belongs to an end itself: a check, or one due at the end's own anchor and offset. It runs at that instant. */
export function isNoticeOf(step: TimetableStep, end: Due): boolean {
  const a = step.due;
  const same = a.from === end.from && a.offset.months === end.offset.months && a.offset.days === end.offset.days;
  return (
    step.kind === 'check' ||
    (same && a.offset.ms === end.offset.ms && (a.businessDays ?? 0) === (end.businessDays ?? 0))
  );
}
