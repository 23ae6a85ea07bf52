import type { Db, Tx } from '../../db/database.ts';
import { inputsSince, readWithInputs } from '../../db/queries/journeys/inputs-since.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { Input, State } from '../../workflows/contracts/journey.ts';
import { createKernel } from '../../workflows/kernel/create-kernel.ts';
import { foldWith } from '../../workflows/kernel/fold.ts';
import type { Kernel } from '../../workflows/kernel/kernel.ts';
import { rulesOf } from '../../workflows/rules/rules-of.ts';

export type Present = { kernel: Kernel; state: State; now: number };

/** The journey as it is now by all that is recorded: its snapshot, what came since, and the time; no worker is asked. */
export async function present(db: Db | Tx, row: JourneyRow, now: number): Promise<Present> {
  return presentWith(row, isOver(row) ? [] : await inputsSince(db, row), now);
}

/** The same of a journey that is read anew with all that; undefined when there is none. */
export async function readPresent(db: Db | Tx, id: string, now: number): Promise<Present | undefined> {
  const found = await readWithInputs(db, id);
  return found && presentWith(found.row, found.inputs, now);
}

const isOver = ({ endedAt, snapshot }: JourneyRow): boolean => endedAt !== null || snapshot.ended !== null;

function presentWith(row: JourneyRow, inputs: Input[], now: number): Present {
  const kernel = createKernel(row.timetable, rulesOf(row.kind));
  if (isOver(row)) return { kernel, state: row.snapshot, now };
  return { ...foldWith(kernel, row.snapshot, inputs, now), now };
}
