import { z } from 'zod';
import type { Db } from '../../db/database.ts';
import { countInFlight, inFlightPage } from '../../db/queries/playbooks/in-flight.ts';
import type { InFlight } from '../../db/queries/playbooks/in-flight.ts';
import { prepareProgram } from '../../playbooks/prepare-start.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { createKernel } from '../../workflows/kernel/create-kernel.ts';
import { rulesOf } from '../../workflows/rules/rules-of.ts';
import { StepsDiff, diffSteps, isSame } from '../journeys/diff-steps.ts';

/** What journeys under way would look like if they went over to a playbook; publishing it moves none of them. */
export const Comparison = z
  .object({
    inFlight: z.number().int(),
    /** How many of them were compared, at most 2,000. */
    compared: z.number().int(),
    unchanged: z.number().int(),
    changed: z.array(z.object({ journey: z.string(), account: z.string(), diff: StepsDiff })),
    /** Why some cannot go over, by code. */
    impossible: z.record(z.string(), z.number().int()),
    steps: z.record(
      z.string(),
      z.object({ moved: z.number().int(), added: z.number().int(), removed: z.number().int() }),
    ),
  })
  .meta({ id: 'Comparison' });
export type Comparison = z.infer<typeof Comparison>;

const PAGE = 200;
const COMPARED = 2_000;
const SHOWN = 50;

/** Compares a playbook with what its journeys in flight follow now, on their snapshots, page by page; no run is asked. */
export async function compareInFlight(db: Db, playbook: Playbook, version: number, now: number): Promise<Comparison> {
  const found: Comparison = {
    ...{ inFlight: await countInFlight(db, playbook.id), compared: 0, unchanged: 0 },
    ...{ changed: [], impossible: {}, steps: {} },
  };
  let after: string | undefined;
  while (found.compared < COMPARED) {
    const page = await inFlightPage(db, playbook.id, { after, limit: PAGE });
    for (const row of page) note(found, row, compare(row, playbook, version, now));
    after = page.at(-1)?.id;
    if (page.length < PAGE) break;
  }
  return found;
}

function compare(row: InFlight, playbook: Playbook, version: number, now: number): StepsDiff | string {
  const { snapshot: state } = row;
  const kernel = createKernel(row.timetable, rulesOf(row.kind));
  const program = { playbook, version, options: row.options, facts: row.facts, zone: state.zone };
  try {
    const to = { program: (state.program ?? 0) + 1, ...prepareProgram(program) };
    if (sameDates(to.timetable, row.timetable)) return diffSteps([], []);
    const preview = kernel.preview(state, { id: 'preview', name: 'migrate', ...to }, now);
    if ('refused' in preview) return preview.refused.code;
    return diffSteps(kernel.forecast(state, now), preview.forecast);
  } catch (error) {
    if (error instanceof TenureError) return error.code;
    throw error;
  }
}

const sameDates = (a: { version: number }, b: { version: number }): boolean =>
  JSON.stringify({ ...a, version: 0 }) === JSON.stringify({ ...b, version: 0 });

function note(found: Comparison, row: InFlight, diff: StepsDiff | string): void {
  found.compared += 1;
  if (typeof diff === 'string') return void (found.impossible[diff] = (found.impossible[diff] ?? 0) + 1);
  if (isSame(diff)) return void (found.unchanged += 1);
  if (found.changed.length < SHOWN) found.changed.push({ journey: row.id, account: row.accountId, diff });
  const count = (step: string, what: 'moved' | 'added' | 'removed') => {
    const counts = (found.steps[step] ??= { moved: 0, added: 0, removed: 0 });
    counts[what] += 1;
  };
  for (const { step } of diff.changed) count(step, 'moved');
  for (const { step } of diff.added) count(step, 'added');
  for (const { step } of diff.removed) count(step, 'removed');
}
