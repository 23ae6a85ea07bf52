import type { Db } from '../../db/database.ts';
import { listJourneys } from '../../db/queries/journeys/list-journeys.ts';
import type { JourneyFilter } from '../../db/queries/journeys/list-journeys.ts';
import { readJourney } from '../../db/queries/journeys/read-journey.ts';
import type { CommandBody } from '../../workflows/contracts/commands.ts';
import type { Change } from '../../workflows/contracts/journey.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { prepareCommand } from '../commands/prepare-command.ts';
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
    const of = { journey: id, account: row.accountId };
    const follows = kernel.timetable.playbook;
    const command = await prepared(db, { row, follows, body, id: 'preview', zone: state.zone, now });
    if (command instanceof TenureError) {
      previews.push({ ...of, accepted: false, code: command.code, detail: command.message, changes: [] });
      continue;
    }
    const preview = kernel.preview(state, command, now);
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

/** What one journey lacks for the command must not hide what it would do to the others. */
async function prepared(db: Db, prepare: Parameters<typeof prepareCommand>[1]) {
  try {
    return await prepareCommand(db, prepare);
  } catch (error) {
    if (error instanceof TenureError) return error;
    throw error;
  }
}
