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
};

/** A state under work: mutated by the kernel only, with the effects gathered on the way. */
export type Draft = { book: Book; s: State; effects: Effect[] };

/** Binds a timetable to its rules. */
export function bookOf(timetable: Timetable, rules: Rules): Book {
  return {
    timetable,
    rules,
    steps: new Map(timetable.steps.map((x) => [x.id, x])),
    stages: new Map(timetable.stages.map((x) => [x.id, x])),
    stepsOf: new Map(timetable.stages.map((x) => [x.id, timetable.steps.filter((y) => y.stage === x.id)])),
  };
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
  return { book, s, effects: [] };
}

/** Steps that speak to a person; gaps between touches and recalls concern them. */
export const isTouch = (step: TimetableStep): boolean => step.kind === 'message' || step.kind === 'offer';

/** A step that belongs to an end itself: a check, or one due at the end's own anchor and offset. It runs at that instant. */
export function isNoticeOf(step: TimetableStep, end: Due): boolean {
  const a = step.due;
  const same = a.from === end.from && a.offset.months === end.offset.months && a.offset.days === end.offset.days;
  return (
    step.kind === 'check' ||
    (same && a.offset.ms === end.offset.ms && (a.businessDays ?? 0) === (end.businessDays ?? 0))
  );
}
