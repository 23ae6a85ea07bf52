import { randomUUID } from 'node:crypto';
import type { Tx } from '../../db/database.ts';
import { lockAccounts, readContacts } from '../../db/queries/accounts/read-account.ts';
import type { AccountRow } from '../../db/queries/accounts/read-account.ts';
import { mergeFacts } from '../../db/queries/accounts/merge-facts.ts';
import { putMetrics } from '../../db/queries/accounts/put-metrics.ts';
import { readMetrics } from '../../db/queries/accounts/read-metrics.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { tellJourneys } from '../../db/queries/deliveries/tell-journeys.ts';
import type { Telling } from '../../db/queries/deliveries/tell-journeys.ts';
import { insertEvents } from '../../db/queries/events/insert-events.ts';
import { openListeners } from '../../db/queries/events/open-listeners.ts';
import type { Listener } from '../../db/queries/events/open-listeners.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import { CelError } from '../../playbooks/cel/cel-error.ts';
import { holds } from '../../playbooks/cel/evaluate-cel.ts';
import { resolveConfig } from '../../playbooks/publish/resolve-config.ts';
import type { EventBody } from '../../workflows/contracts/api.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { Happening } from '../../workflows/contracts/journey.ts';
import type { Catalog, Published } from '../playbooks/catalog.ts';
import { UNSUBSCRIBED, takeNo } from '../accounts/unsubscribe-contact.ts';
import { hashBody } from '../plugins/idempotency.ts';
import { openJourney } from '../journeys/open-journey.ts';
import { FACTS_RECORDED, METRICS_RECORDED, checkEvents } from './check-events.ts';

export type Ingest = {
  events: EventBody[];
  actor: string;
  catalog: Catalog;
  systemZone: string;
  secret: string;
  now: number;
};
export type Ingested = { accepted: number; duplicates: number; started: JourneyRow[] };

/** Stores events once each, with all that follows from them, in the caller's transaction; nothing is stored when one of them cannot be. */
export async function ingestEvents(
  tx: Tx,
  { events, actor, catalog, systemZone, secret, now }: Ingest,
): Promise<Ingested> {
  checkEvents(events, catalog, now);
  const accounts = await knownAccounts(tx, events);
  const fresh = await store(tx, events, actor, now);
  await record(tx, fresh, now);
  for (const event of fresh) if (event.type === UNSUBSCRIBED) await accountSaysNo(tx, event, secret, now);
  const listeners = await openListeners(tx, [...new Set(fresh.map((event) => event.account))]);
  const tellings: Telling[] = [];
  const started: JourneyRow[] = [];
  for (const event of fresh) {
    for (const listener of listeners) if (listener.accountId === event.account) tell(tellings, listener, event, now);
    for (const playbook of triggered(catalog, event)) {
      const row = await trigger(tx, { playbook, event, account: accounts.get(event.account)!, actor, systemZone, now });
      if (!row) continue;
      started.push(row);
      listeners.push({ journeyId: row.id, accountId: row.accountId, listens: row.timetable.listens });
    }
  }
  await tellJourneys(tx, tellings, new Date(now));
  return { accepted: fresh.length, duplicates: events.length - fresh.length, started };
}

async function knownAccounts(tx: Tx, events: EventBody[]): Promise<Map<string, AccountRow>> {
  const ids = [...new Set(events.map((event) => event.account))];
  const rows = new Map((await lockAccounts(tx, ids)).map((row) => [row.id, row]));
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
const timeOf = (event: EventBody, now: number) => (event.at === undefined ? now : Date.parse(event.at));

async function record(tx: Tx, events: EventBody[], now: number): Promise<void> {
  const inTime = [...events].sort((a, b) => timeOf(a, now) - timeOf(b, now));
  const metrics = inTime
    .filter((event) => event.type === METRICS_RECORDED)
    .flatMap((event) =>
      Object.entries(event.data ?? {}).map(([name, value]) => ({
        accountId: event.account,
        name,
        value: Number(value),
        at: new Date(timeOf(event, now)),
      })),
    );
  await putMetrics(tx, metrics);
  for (const event of inTime)
    if (event.type === FACTS_RECORDED) await mergeFacts(tx, event.account, event.data ?? {}, new Date(now));
}

/** The event names no contact: the no is taken for all of the account, from now on, whenever it was said. */
async function accountSaysNo(tx: Tx, event: EventBody, secret: string, now: number): Promise<void> {
  const channel = String(event.data?.channel ?? 'email');
  for (const contact of await readContacts(tx, event.account))
    await takeNo(tx, contact, { channel, source: 'event', at: new Date(now), secret });
}

function tell(tellings: Telling[], listener: Listener, event: EventBody, now: number): void {
  const named = listener.listens[event.type];
  if (!named) return;
  const fields: Extract<Happening, { t: 'event' }>['fields'] = {};
  for (const name of named) {
    const value = event.data?.[name];
    if (value !== undefined && !Array.isArray(value)) fields[name] = value;
  }
  const happening: Happening = { t: 'event', id: event.id, type: event.type, at: timeOf(event, now), fields };
  tellings.push({ accountId: listener.accountId, journeyId: listener.journeyId, happening });
}

const triggered = (catalog: Catalog, event: EventBody) =>
  catalog.latest.filter((playbook) => playbook.definition.trigger?.event === event.type);

type Trigger = {
  playbook: Published;
  event: EventBody;
  account: AccountRow;
  actor: string;
  systemZone: string;
  now: number;
};

async function trigger(
  tx: Tx,
  { playbook, event, account, actor, systemZone, now }: Trigger,
): Promise<JourneyRow | undefined> {
  const { definition } = playbook;
  const condition = definition.trigger?.when;
  try {
    if (condition !== undefined) {
      const contacts = await readContacts(tx, account.id);
      const metrics = await readMetrics(tx, account.id, new Date(now));
      const scope = {
        account,
        facts: account.facts,
        metrics,
        flags: {},
        config: resolveConfig(definition),
        journey: { id: '', startedAt: now, anchors: {} },
        contact: { role: contacts[0]?.role },
        now,
      };
      if (!holds(definition, condition, scope as never)) return undefined;
    }
    const body = { account: account.id, anchor: new Date(timeOf(event, now)).toISOString() };
    const { row, created } = await openJourney(tx, { id: randomUUID(), playbook, body, actor, systemZone, now });
    return created ? row : undefined;
  } catch (error) {
    // The event is a fact whatever becomes of its journey: why none began is in the audit trail.
    const code = error instanceof TenureError ? error.code : error instanceof CelError ? 'condition-failed' : undefined;
    if (code === undefined) throw error;
    await recordAudit(tx, {
      at: new Date(now),
      actor,
      action: 'journey.not-started',
      target: `account:${account.id}`,
      details: { event: event.id, playbook: playbook.id, code },
    });
    return undefined;
  }
}
