import type { Db, Tx } from '../../db/database.ts';
import { readMetrics } from '../../db/queries/accounts/read-metrics.ts';
import type { AccountRow } from '../../db/queries/accounts/read-account.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import { prepareProgram } from '../../playbooks/prepare-start.ts';
import type { Program } from '../../workflows/contracts/journey.ts';
import type { ZoneRules } from '../../workflows/contracts/time.ts';
import type { Published } from '../playbooks/catalog.ts';
import { healthAtStart } from './health-at-start.ts';
import { readsAtStart } from './new-journey.ts';

type Over = {
  row: JourneyRow;
  to: Pick<Published, 'definition' | 'version'>;
  account: AccountRow;
  zone: ZoneRules;
  now: number;
};

/** What an open journey gets to go on in another playbook or version, with what is true of its account now; throws TenureError. */
export async function programFor(
  tx: Db | Tx,
  { row, to, account, zone, now }: Over,
): Promise<Omit<Program, 'program'>> {
  const metrics = readsAtStart(to) ? await readMetrics(tx, account.id, new Date(now)) : {};
  const health = await healthAtStart(tx, to, account, now);
  return prepareProgram({
    ...{ playbook: to.definition, version: to.version, options: row.options, facts: account.facts, zone },
    reads: { account, metrics, health, journey: { id: row.id, startedAt: row.snapshot.startedAt }, now },
  });
}
