import { and, eq, sql } from 'drizzle-orm';
import { FIELDS } from '../../activities/crm/hubspot/fields.ts';
import type { Tx } from '../../db/database.ts';
import { lockAccounts, readAccount } from '../../db/queries/accounts/read-account.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { findLinked, forgetRemote, tellAgain } from '../../db/queries/crm/find-linked.ts';
import type { CrmKind } from '../../db/queries/crm/untold.ts';
import { setOwner } from '../../db/queries/crm/write-crm.ts';
import { insertEvents } from '../../db/queries/events/insert-events.ts';
import { contacts, crmOpportunities } from '../../db/schema/index.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { unsubscribeContact } from '../accounts/unsubscribe-contact.ts';
import { tellAccount } from '../accounts/tell-account.ts';
import { FACTS_RECORDED } from '../events/account-events.ts';
import { ingestEvents } from '../events/ingest-events.ts';
import type { Ingest } from '../events/ingest-events.ts';
import { hashBody } from '../plugins/idempotency.ts';

/** One change made in the CRM: `property` and `value` for a change of a field, neither for a deletion. */
export type CrmChange = {
  id: string;
  kind: CrmKind;
  remoteId: string;
  at: number;
  property?: string;
  value?: string;
  /** Whether a program made it; ours comes back, too. */
  byProgram: boolean;
};
type Context = Omit<Ingest, 'events' | 'actor'>;
type Linked = { externalId: string; accountId: string };

const ACTOR = 'crm:hubspot';

/** Takes what was changed in the CRM, once each, in one transaction: what the CRM decides becomes facts and events here, the rest is told to it again. */
export async function takeCrmChanges(
  tx: Tx,
  changes: CrmChange[],
  context: Context,
): Promise<{ taken: number; ignored: number }> {
  let taken = 0;
  // All accounts at once and in their order, so that two calls that share some cannot block each other.
  const concerned = new Set<string>();
  for (const { kind, remoteId } of changes)
    for (const { accountId } of await findLinked(tx, kind, remoteId)) concerned.add(accountId);
  await lockAccounts(tx, [...concerned]);
  for (const change of [...changes].sort((a, b) => a.at - b.at))
    for (const linked of await findLinked(tx, change.kind, change.remoteId)) {
      const account = await readAccount(tx, linked.accountId, { lock: true });
      if (!account || account.erasedAt || account.closedAt) continue;
      if (!(await isNew(tx, change, linked, context.now))) continue;
      if (await take(tx, change, linked, context)) taken++;
    }
  return { taken, ignored: changes.length - Math.min(taken, changes.length) };
}

/** Kept as an event of the account, known by the change's own id; its value stays out of it. */
async function isNew(tx: Tx, change: CrmChange, { externalId, accountId }: Linked, now: number): Promise<boolean> {
  const data = { kind: change.kind, object: externalId, property: change.property ?? null };
  const at = new Date(Math.min(change.at, now));
  const event = {
    id: `hubspot:${change.id}:${externalId}`.slice(0, 128),
    accountId,
    type: 'crm.changed',
    at,
    receivedAt: new Date(now),
    data,
  };
  const { fresh } = await insertEvents(tx, [{ ...event, bodyHash: hashBody(data), actor: ACTOR }]);
  return fresh.size > 0;
}

async function take(tx: Tx, change: CrmChange, linked: Linked, context: Context): Promise<boolean> {
  const { kind, property, value = '' } = change;
  if (property === undefined) return forgetRemote(tx, kind, linked.externalId).then(() => true);
  const field = FIELDS[kind].find((one) => one.property === property);
  if (!field) return false;
  if (field.wins === 'tenure') {
    // What comes back of our own telling must not be told again.
    if (change.byProgram) return false;
    await tellAgain(tx, kind, linked.externalId);
    return true;
  }
  const handler = HANDLERS[`${kind}.${property}`];
  if (!handler) return false;
  await handler(tx, linked, value, context, change);
  return true;
}

type Handler = (tx: Tx, linked: Linked, value: string, context: Context, change: CrmChange) => Promise<unknown>;

const HANDLERS: Record<string, Handler> = {
  'company.hubspot_owner_id': async (tx, { accountId }, value, { now }) => {
    if (!/^[A-Za-z0-9_-]{1,50}$/.test(value)) return;
    const owner = `hubspot-${value}`;
    await setOwner(tx, { accountId, owner, at: new Date(now) });
    await tellAccount(tx, accountId, { type: 'account.owner_changed', fields: { owner } }, ACTOR, now);
  },
  'company.tenure_renewal_date': async (tx, { accountId }, value, context, change) => {
    const event = {
      id: `hubspot:${change.id}:fact`.slice(0, 128),
      type: FACTS_RECORDED,
      account: accountId,
      data: { renewal_date: value || null },
    };
    // A savepoint: a date that nobody can read is noted, and takes nothing else of the call with it.
    await tx
      .transaction((inner) => ingestEvents(inner, { ...context, actor: ACTOR, events: [event] }))
      .catch(async (error: unknown) => {
        if (!(error instanceof TenureError)) throw error;
        await recordAudit(tx, {
          at: new Date(context.now),
          actor: ACTOR,
          action: 'crm.change-refused',
          target: `account:${accountId}`,
          details: { property: change.property, code: error.code },
        });
      });
  },
  'contact.hs_email_optout': async (tx, { externalId }, value, { secret, now }) => {
    if (value === 'true')
      await unsubscribeContact(tx, { contact: externalId, channel: 'email', class: 'marketing' }, secret, now);
  },
  'contact.firstname': (tx, { externalId }, value) =>
    rename(tx, externalId, sql`${value} || coalesce(substring(trim(${contacts.name}) from '\\s.*$'), '')`),
  'contact.lastname': (tx, { externalId }, value) =>
    rename(tx, externalId, sql`split_part(trim(coalesce(${contacts.name}, '')), ' ', 1) || ' ' || ${value}`),
  'contact.phone': async (tx, { externalId }, value) => {
    const phone = value.replace(/[\s().-]/g, '');
    if (/^\+[1-9]\d{6,14}$/.test(phone)) await tx.update(contacts).set({ phone }).where(eq(contacts.id, externalId));
  },
  'deal.dealstage': (tx, { externalId, accountId }, value) =>
    tx
      .update(crmOpportunities)
      .set({ stage: value.slice(0, 100) })
      .where(and(eq(crmOpportunities.key, externalId), eq(crmOpportunities.accountId, accountId))),
};

const rename = (tx: Tx, id: string, name: ReturnType<typeof sql>) =>
  tx
    .update(contacts)
    .set({ name: sql`left(trim(${name}), 200)` })
    .where(eq(contacts.id, id));
