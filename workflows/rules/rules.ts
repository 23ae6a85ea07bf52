import type { FactKind, State } from '../contracts/journey.ts';
import type { Timetable } from '../contracts/timetable.ts';

/** What a rule may change; the kernel carries it out and recomputes every date. */
export type RuleChange =
  | { t: 'move-anchor'; anchor: string; by: number }
  | { t: 'end'; outcome: string; how: 'goal' | 'exit' }
  | { t: 'set-flag'; flag: string };

/** What is special to one kind of journey, as pure functions of its state. */
export type Rules = {
  /** What a fact about a step changes besides closing it. */
  onFact?(timetable: Timetable, state: State, fact: { step: string; what: FactKind; offer?: string }): RuleChange[];
};
