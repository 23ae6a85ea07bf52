import type { Tx } from '../../db/database.ts';
import { projectSnapshot } from '../../db/queries/journeys/project-snapshot.ts';
import { closeOpened, closeSurveys } from '../../db/queries/touches/close-opened.ts';
import { decideRest } from '../../db/queries/touches/decide-rest.ts';
import type { State } from '../../workflows/contracts/journey.ts';
import type { Timetable } from '../../workflows/contracts/timetable.ts';
import { createKernel } from '../../workflows/kernel/create-kernel.ts';
import { rulesOf } from '../../workflows/rules/rules-of.ts';

const kernelOf = (timetable: Timetable) => createKernel(timetable, rulesOf(timetable.kind));

/** When a step that is told now would expire, as the run itself will reckon; null when it does not. */
export function expiryOf(
  timetable: Timetable,
  state: State,
  step: string,
  n: number,
  now: number,
  offer?: string,
): number | null {
  const outcome = { is: 'sent' as const, opens: true, ...(offer ? { offer } : {}) };
  const after = kernelOf(timetable).advance(state, { t: 'outcome', step, n, outcome, now }).state;
  return after.steps[step]?.expires ?? null;
}

/** Brings the journey's row, and the decisions that the run took by itself, to the state that the run had when it started this activity. */
export async function project(
  tx: Tx,
  i: { journeyId: string; accountId: string; timetable: Timetable; state: State; at: number },
): Promise<boolean> {
  const kernel = kernelOf(i.timetable);
  const { state } = i;
  const view = { stage: kernel.stage(state), status: kernel.status(state), next: kernel.next(state) };
  const moved = await projectSnapshot(tx, { journeyId: i.journeyId, state, at: i.at, ...view, kernelDecisions: [] });
  if (moved) {
    await decideRest(tx, i);
    const told = { journeyId: i.journeyId, state, at: new Date(i.at) };
    await closeOpened(tx, told);
    if (i.timetable.steps.some((step) => step.kind === 'survey')) await closeSurveys(tx, told);
  }
  return moved;
}
