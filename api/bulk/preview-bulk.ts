import type { Db } from '../../db/database.ts';
import { listJourneys } from '../../db/queries/journeys/list-journeys.ts';
import type { JourneyFilter } from '../../db/queries/journeys/list-journeys.ts';
import { readJourney } from '../../db/queries/journeys/read-journey.ts';
import type { CommandBody } from '../../workflows/contracts/commands.ts';
import type { Change } from '../../workflows/contracts/journey.ts';
import { toCommand } from '../commands/to-command.ts';
import { present } from '../journeys/present.ts';

export type Previewed = {
  journey: string;
  account: string;
  accepted: boolean;
  code?: string;
  detail?: string;
  changes: Change[];
};

/** What a command would do to each of the first `most` open journeys of a filter, newest first, by their snapshots. */
export async function previewBulk(
  db: Db,
  filter: JourneyFilter,
  body: CommandBody,
  clock: number,
  most: number,
): Promise<Previewed[]> {
  const rows = await listJourneys(db, { ...filter, state: filter.state ?? 'open' }, { limit: most });
  const previews: Previewed[] = [];
  for (const { id } of rows.filter((row) => row.endedAt === null)) {
    const row = await readJourney(db, id);
    if (!row) continue;
    const { kernel, state, now } = await present(db, row, clock);
    const preview = kernel.preview(state, toCommand(body, 'preview', state.zone), now);
    const of = { journey: id, account: row.accountId };
    if ('refused' in preview)
      previews.push({
        ...of,
        accepted: false,
        code: preview.refused.code,
        detail: preview.refused.reason,
        changes: [],
      });
    else previews.push({ ...of, accepted: true, changes: preview.changes });
  }
  return previews;
}
