import type { Tx } from '../../db/database.ts';
import type { AccountRow } from '../../db/queries/accounts/read-account.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import type { Telling } from '../../db/queries/deliveries/tell-journeys.ts';
import { insertProgram } from '../../db/queries/programs/insert-program.ts';
import { BY_EVENT } from '../../db/queries/programs/untaken-program.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { Published } from '../playbooks/catalog.ts';
import { afterMigration } from './after-opening.ts';
import { programFor } from './program-for.ts';

type Migrate = {
  row: JourneyRow;
  to: Published;
  account: AccountRow;
  /** The event that asks for it: one event has a journey go over once. */
  event: { id: string };
  actor: string;
  now: number;
};

/** Prepares that an open journey goes on in another playbook because of an event, in the transaction of that event; answers what the run must be told. */
export async function migrateJourney(tx: Tx, { row, to, account, event, actor, now }: Migrate): Promise<Telling> {
  const at = new Date(now);
  const going = await programFor(tx, { row, to, account, zone: row.snapshot.zone, now });
  const { timetable } = going;
  const id = `${BY_EVENT}${event.id}`;
  const program = await insertProgram(tx, { journeyId: row.id, timetable, causeId: id, at });
  const happening = { ...going, t: 'migrated' as const, id, program, at: now };
  await afterMigration(tx, row, to, timetable, now);
  await recordAudit(tx, {
    at,
    actor,
    action: 'journey.migrate',
    target: `journey:${row.id}`,
    details: { event: event.id, from: row.playbook, to: to.id, version: to.version, program },
  });
  return { accountId: row.accountId, journeyId: row.id, happening };
}
