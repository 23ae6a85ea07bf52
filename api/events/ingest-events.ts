import type { Tx } from '../../db/database.ts';
import { lockAccounts, readContacts, shareAccounts } from '../../db/queries/accounts/read-account.ts';
import type { AccountRow } from '../../db/queries/accounts/read-account.ts';
import { putMetrics } from '../../db/queries/accounts/put-metrics.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { insertEvents } from '../../db/queries/events/insert-events.ts';
import { usedByUsage } from '../../db/queries/usage/add-usage.ts';
import { holdWatches } from '../../db/queries/watches/cross-watches.ts';
import { tellCrossings } from '../../db/queries/watches/tell-crossings.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import type { EventBody } from '../../workflows/contracts/api.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { Catalog } from '../playbooks/catalog.ts';
import { UNSUBSCRIBED, takeNo } from '../accounts/unsubscribe-contact.ts';
import { hashBody } from '../plugins/idempotency.ts';
import { mustBeOfCustomers } from '../accounts/of-customers.ts';
import { applyToAccounts } from './account-events.ts';
import { METRICS_RECORDED, checkEvents } from './check-events.ts';
import { followEvents, timeOf } from './follow-events.ts';
import { takeAlerts } from './take-alerts.ts';
import { USAGE_RECORDED, takeUsage } from './take-usage.ts';

export type Ingest = {
  events: EventBody[];
  actor: string;
  catalog: Catalog;
  systemZone: string;
  secret: string;
  now: number;
  /** In a rehearsal: what the runs of journeys that begin add to the engine's clock, ms. */
  clockShift?: number;
};
export type Ingested = { accepted: number; duplicates: number; started: JourneyRow[] };

/** Stores events once each, with all that follows from them, in the caller's transaction; nothing is stored when one of them cannot be. */
export async function ingestEvents(
  tx: Tx,
  { events, actor, catalog, systemZone, secret, now, clockShift }: Ingest,
): Promise<Ingested> {
  checkEvents(events, catalog, now);
  const usage = events.filter((event) => event.type === USAGE_RECORDED);
  const others = events.filter((event) => event.type !== USAGE_RECORDED);
  const accounts = await knownAccounts(tx, events, others.length === 0);
  const used = await takeUsage(tx, usage, now);
  if (others.length === 0) return { accepted: used, duplicates: usage.length - used, started: [] };
  const fresh = await store(tx, others, actor, now);
  await recordMetrics(tx, fresh, now);
  await takeAlerts(tx, fresh, now);
  for (const event of fresh) if (event.type === UNSUBSCRIBED) await accountSaysNo(tx, event, secret, now);
  const all = await applyToAccounts(tx, fresh, accounts, { catalog, actor, now });
  const started = await followEvents(tx, { events: all, accounts, catalog, actor, systemZone, now, clockShift });
  const accepted = used + fresh.length;
  return { accepted, duplicates: events.length - accepted, started };
}

async function knownAccounts(tx: Tx, events: EventBody[], usageOnly: boolean): Promise<Map<string, AccountRow>> {
  const ids = [...new Set(events.map((event) => event.account))];
  // Usage changes nothing of the account itself, so that many may tell it at once.
  const rows = new Map((await (usageOnly ? shareAccounts : lockAccounts)(tx, ids)).map((row) => [row.id, row]));
  ids.forEach(mustBeOfCustomers);
  const missing = ids.filter((id) => !rows.has(id));
  if (missing.length > 0)
    throw new TenureError('unknown-account', `There is no account ${missing[0]}; nothing was stored.`, {
      account: missing[0],
      accounts: missing.slice(0, 20),
    });
  const closed = ids.find((id) => rows.get(id)!.erasedAt || rows.get(id)!.closedAt);
  if (closed)
    throw new TenureError('account-closed', `The account ${closed} is closed or erased; nothing was stored.`, {
      account: closed,
    });
  return rows;
}

async function store(tx: Tx, events: EventBody[], actor: string, now: number): Promise<EventBody[]> {
  const byId = new Map<string, { event: EventBody; bodyHash: string }>();
  for (const event of events) {
    const bodyHash = hashBody(event);
    const same = byId.get(event.id);
    if (same && same.bodyHash !== bodyHash) throw reused(event.id);
    if (!same) byId.set(event.id, { event, bodyHash });
  }
  const rows = [...byId.values()].map(({ event, bodyHash }) => ({
    id: event.id,
    accountId: event.account,
    type: event.type,
    at: event.at === undefined ? new Date(now) : new Date(event.at),
    receivedAt: new Date(now),
    data: event.data ?? {},
    bodyHash,
    actor,
  }));
  const asUsage = await usedByUsage(tx, [...byId.keys()]);
  if (asUsage !== undefined) throw reused(asUsage);
  const { fresh, known } = await insertEvents(tx, rows);
  for (const [id, bodyHash] of known) if (byId.get(id)!.bodyHash !== bodyHash) throw reused(id);
  const stored = [...byId.values()].map(({ event }) => event).filter((event) => fresh.has(event.id));
  const counts = new Map<string, number>();
  for (const event of stored) counts.set(event.account, (counts.get(event.account) ?? 0) + 1);
  const entries = [...counts].map(([account, count]) => ({
    at: new Date(now),
    actor,
    action: 'events.store',
    target: `account:${account}`,
    details: { count },
  }));
  await recordAudit(tx, ...entries);
  return stored;
}

const reused = (id: string) =>
  new TenureError('id-reused', `The event id ${id} was used with another body; nothing was stored.`, { id });

async function recordMetrics(tx: Tx, events: EventBody[], now: number): Promise<void> {
  const metrics = events
    .filter((event) => event.type === METRICS_RECORDED)
    .sort((a, b) => timeOf(a, now) - timeOf(b, now))
    .flatMap((event) =>
      Object.entries(event.data ?? {}).map(([name, value]) => ({
        accountId: event.account,
        name,
        value: Number(value),
        at: new Date(timeOf(event, now)),
      })),
    );
  const watched = await holdWatches(tx, [...new Set(metrics.map((one) => one.accountId))]);
  await putMetrics(tx, metrics);
  if (watched.length > 0) await tellCrossings(tx, watched, new Date(now));
}

/** The event names no contact: the no is taken for all of the account, from now on, whenever it was said. */
async function accountSaysNo(tx: Tx, event: EventBody, secret: string, now: number): Promise<void> {
  const channel = String(event.data?.channel ?? 'email');
  for (const contact of await readContacts(tx, event.account))
    await takeNo(tx, contact, { channel, source: 'event', at: new Date(now), secret });
}
