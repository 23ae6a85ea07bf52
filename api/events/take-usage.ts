import type { Tx } from '../../db/database.ts';
import { addUsage, rememberUsage } from '../../db/queries/usage/add-usage.ts';
import type { Usage } from '../../db/queries/usage/add-usage.ts';
import { holdWatches } from '../../db/queries/watches/cross-watches.ts';
import { tellCrossings } from '../../db/queries/watches/tell-crossings.ts';
import type { EventBody } from '../../workflows/contracts/api.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { hashBody } from '../plugins/idempotency.ts';

/** The event whose data are amounts by metric: added up by day (UTC), and told to a journey only when a figure crosses a threshold that it waits for. */
export const USAGE_RECORDED = 'usage_recorded';

/** Enough of a hash to tell one body from another under the same id. */
const HASH_CHARS = 22;

/** Adds usage events to their days, each id once, in a number of statements that does not grow with theirs; answers how many were new. */
export async function takeUsage(tx: Tx, events: EventBody[], now: number): Promise<number> {
  if (events.length === 0) return 0;
  const byId = new Map<string, { event: EventBody; hash: string }>();
  for (const event of events) {
    const hash = hashBody(event).slice(0, HASH_CHARS);
    const same = byId.get(event.id);
    if (same && same.hash !== hash) throw reusedId(event.id);
    byId.set(event.id, { event, hash });
  }
  const rows = [...byId].map(([id, { hash }]) => ({ id, hash }));
  const { fresh, reused } = await rememberUsage(tx, rows, new Date(now));
  if (reused !== undefined) throw reusedId(reused);
  if (fresh.size === 0) return 0;
  const added = new Map<string, Usage>();
  for (const { event } of byId.values()) if (fresh.has(event.id)) addTo(added, event, now);
  const accounts = [...new Set([...added.values()].map((one) => one.account))];
  // Before the amounts: of two batches for one account the second must see what the first has added.
  const watched = await holdWatches(tx, accounts);
  await addUsage(tx, [...added.values()]);
  if (watched.length > 0) await tellCrossings(tx, watched, new Date(now));
  return fresh.size;
}

function addTo(added: Map<string, Usage>, event: EventBody, now: number): void {
  const day = new Date(event.at === undefined ? now : Date.parse(event.at)).toISOString().slice(0, 10);
  for (const [metric, amount] of Object.entries(event.data ?? {})) {
    const key = `${event.account} ${metric} ${day}`;
    const before = added.get(key)?.amount ?? 0;
    added.set(key, { account: event.account, metric, day, amount: before + Number(amount) });
  }
}

const reusedId = (id: string) =>
  new TenureError('id-reused', `The event id ${id} was used with another body; nothing was stored.`, { id });
