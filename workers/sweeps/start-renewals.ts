import type { Client } from '@temporalio/client';
import type { RenewalDeps } from '../../activities/renewals/create-renewal-activities.ts';
import { openJourneys } from '../../api/journeys/open-journeys.ts';
import { catalogReader, mustFind } from '../../api/playbooks/catalog.ts';
import type { Catalog } from '../../api/playbooks/catalog.ts';
import type { Database } from '../../db/database.ts';
import { plans } from '../../playbooks/plans.ts';
import { resolveConfig } from '../../playbooks/publish/resolve-config.ts';
import { durationMs } from '../../workflows/contracts/time.ts';
import { beginRun } from '../begin-run.ts';

type Parts = {
  database: Database;
  client: Client;
  taskQueue: string;
  systemZone: string;
  log: { warn(fields: object, message: string): void };
  /** In a rehearsal: what its journeys add to the engine's clock. */
  clockShift?: () => number;
};

const ACTOR = 'system:renewal-sweep';
/** Of the playbook's config: how long before the date its journey begins. */
const AHEAD = 'sweepAhead';

/** Which plans are renewed by which playbook, and how their journeys are started. */
export function renewalStarter(parts: Parts): Pick<RenewalDeps, 'reach' | 'start'> {
  const { database, systemZone } = parts;
  const catalogOf = catalogReader();
  const renewed = Object.entries(plans).flatMap(([plan, { renewal }]) => (renewal === null ? [] : [[plan, renewal]]));
  const playbookIds = Object.fromEntries(renewed) as Record<string, string>;
  const playbookOf = (catalog: Catalog, plan: string) => mustFind(catalog, playbookIds[plan]!);

  return {
    reach: async () => {
      const catalog = await catalogOf(database.db);
      const ahead = Object.keys(playbookIds).map((plan) => aheadOf(playbookOf(catalog, plan)));
      return { plans: Object.keys(playbookIds), ahead: Math.max(0, ...ahead) };
    },
    start: async (accounts, now) => {
      const catalog = await catalogOf(database.db);
      const { rows, refused } = await database.db.transaction((tx) =>
        openJourneys(tx, {
          ...{ accounts, systemZone, now, actor: ACTOR, clockShift: parts.clockShift?.() },
          playbookOf: (account) => playbookOf(catalog, account.plan),
        }),
      );
      await Promise.all(rows.map((row) => beginRun(parts, row)));
      return { started: rows.length, refused };
    },
  };
}

const aheadOf = ({ definition }: ReturnType<typeof mustFind>): number =>
  durationMs(String(resolveConfig(definition)[AHEAD] ?? 'P62D'));
