import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { JourneyDeps } from '../activities/deliver/deps.ts';
import { ingestEvents } from '../api/events/ingest-events.ts';
import { takeUp } from '../api/events/take-up.ts';
import { InvalidRequest } from '../api/problem.ts';
import { catalogReader } from '../api/playbooks/catalog.ts';
import type { Database } from '../db/database.ts';
import { TenureError } from '../workflows/contracts/errors.ts';
import { beginRun } from './begin-run.ts';

type Parts = {
  database: Database;
  client: Client;
  taskQueue: string;
  settings: Pick<JourneyDeps['settings'], 'systemZone' | 'secret'>;
  log: Pick<Logger, 'warn'>;
};

/** How activities store events as the API does, and start what those open. */
export function composeHandOver(parts: Parts): Required<Pick<JourneyDeps, 'ingest' | 'takeUp' | 'launch'>> {
  const { settings } = parts;
  const catalogOf = catalogReader();
  return {
    ingest: async (tx, given) => {
      const { systemZone, secret } = settings;
      try {
        return await ingestEvents(tx, { ...given, catalog: await catalogOf(tx), systemZone, secret });
      } catch (error) {
        if (error instanceof InvalidRequest) throw new TenureError('invalid-request', error.message);
        throw error;
      }
    },
    takeUp: async (tx, given) =>
      takeUp(tx, { ...given, catalog: await catalogOf(tx), systemZone: settings.systemZone }),
    launch: async (rows) => {
      // Whoever asks has more to do than to wait for an engine that is away, five seconds for each.
      for (const row of rows) if (!(await beginRun(parts, row))) return;
    },
  };
}
