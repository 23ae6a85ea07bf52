import type { Tx } from '../../db/database.ts';
import { insertEvents } from '../../db/queries/events/insert-events.ts';
import type { StoreEvent } from '../../db/queries/offers/answer-offer.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { Deps } from '../deps.ts';
import { ingestPort } from '../events/ingest-port.ts';
import { fits } from '../playbooks/catalog.ts';
import type { CatalogReader } from '../playbooks/catalog.ts';
import { hashBody } from '../plugins/idempotency.ts';

/**
 * How the event of an answer is stored in the answer's own transaction: with all that follows from it where a playbook reads it (only the fields that
 * are read), as a bare fact where none does. `started` are the journeys that began, for after the commit.
 */
export function storeAnswer(
  deps: Deps,
  catalogOf: CatalogReader,
  { actor, now }: { actor: string; now: number },
): { store: StoreEvent; started: JourneyRow[] } {
  const { ingest, started } = ingestPort(deps, catalogOf);
  const store = async (tx: Tx, event: Parameters<StoreEvent>[1]) => {
    const { id, type, account, data } = event;
    const fields = (await catalogOf(tx)).events.get(type);
    if (!fields) {
      const at = new Date(now);
      const row = { id, type, accountId: account, data, at, receivedAt: at, bodyHash: hashBody(data), actor };
      await insertEvents(tx, [row]);
      return;
    }
    const read = Object.entries(data).filter(([name, value]) => fields.has(name) && fits(fields.get(name)!, value));
    await ingest(tx, { events: [{ id, type, account, data: Object.fromEntries(read) }], actor, now });
  };
  return { store, started };
}
