import type { Db, Tx } from '../../db/database.ts';
import { inputsSince } from '../../db/queries/journeys/inputs-since.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { State } from '../../workflows/contracts/journey.ts';
import { createKernel } from '../../workflows/kernel/create-kernel.ts';
import { foldWith } from '../../workflows/kernel/fold.ts';
import type { Kernel } from '../../workflows/kernel/kernel.ts';
import { rulesOf } from '../../workflows/rules/rules-of.ts';

export type Present = { kernel: Kernel; state: State; now: number };

/** The journey as it is now by all that is recorded: its snapshot, what came since, and the time; no worker is asked. */
export async function present(db: Db | Tx, row: JourneyRow, now: number): Promise<Present> {
  const kernel = createKernel(row.timetable, rulesOf(row.kind));
  if (row.endedAt || row.snapshot.ended) return { kernel, state: row.snapshot, now };
  return { ...foldWith(kernel, row.snapshot, await inputsSince(db, row), now), now };
}
