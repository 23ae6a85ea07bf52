import type { Tx } from '../../db/database.ts';
import type { State } from '../../workflows/contracts/journey.ts';
import type { Timetable } from '../../workflows/contracts/timetable.ts';

/** When a step that is told now would expire; null when it does not. */
export function expiryOf(_timetable: Timetable, _state: State, _step: string, _n: number, _now: number, _offer?: string): number | null {
  return null;
}

/** Brings the journey's row to the state that the run had when it started this activity. */
export async function project(_tx: Tx, _i: { journeyId: string; timetable: Timetable; state: State; at: number }): Promise<void> {}
