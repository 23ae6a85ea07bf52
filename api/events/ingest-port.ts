import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { IngestPort } from '../../playbooks/scores/record-scores.ts';
import type { Deps } from '../deps.ts';
import type { CatalogReader } from '../playbooks/catalog.ts';
import { ingestEvents } from './ingest-events.ts';

/** A way for the system to store events of its own in a transaction that it has open; `started` are the journeys that began, for after its commit. */
export function ingestPort(
  { config, clockShift }: Pick<Deps, 'config' | 'clockShift'>,
  catalogOf: CatalogReader,
): { ingest: IngestPort; started: JourneyRow[] } {
  const started: JourneyRow[] = [];
  const { systemZone, secret } = config;
  const of = { systemZone, secret, clockShift: clockShift?.() ?? 0 };
  return {
    started,
    ingest: async (tx, given) => {
      const done = await ingestEvents(tx, { ...given, ...of, catalog: await catalogOf(tx) });
      started.push(...done.started);
      return done;
    },
  };
}
