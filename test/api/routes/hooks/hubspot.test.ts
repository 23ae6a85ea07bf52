import { createHmac, randomUUID } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accounts,
  consents,
  contacts,
  crmAccounts,
  crmOpportunities,
  crmSync,
  events,
} from '../../../../db/schema/index.ts';
import { apiFixture } from '../../api-fixture.ts';
import type { ApiFixture } from '../../api-fixture.ts';

const SECRET = 'client-secret-of-the-app';
const NOW = Date.parse('2026-03-02T10:00:00Z');
let api: ApiFixture;
beforeAll(async () => {
  api = await apiFixture({ clock: () => NOW, config: { hubspot: { clientSecret: SECRET } } });
});
afterAll(() => api.close());

type Given = { at?: number; secret?: string; body?: string };
async function post(
  notifications: object[],
  { at = NOW, secret = SECRET, body = JSON.stringify(notifications) }: Given = {},
) {
  const signature = createHmac('sha256', secret)
    .update(`POSThttp://api.test/v1/hooks/hubspot${JSON.stringify(notifications)}${at}`)
    .digest('base64');
  const answer = await api.app.inject({
    method: 'POST',
    url: '/v1/hooks/hubspot',
    headers: {
      'content-type': 'application/json',
      'x-hubspot-signature-v3': signature,
      'x-hubspot-request-timestamp': String(at),
    },
    payload: body,
  });
  return { status: answer.statusCode, body: answer.json<{ taken?: number; code?: string }>() };
}

let sequence = 0;
const changed = (what: string, objectId: string, propertyName: string, propertyValue: string, given: object = {}) => ({
  ...{
    eventId: ++sequence,
    subscriptionType: `${what}.propertyChange`,
    objectId: Number(objectId),
    occurredAt: NOW - 1000,
  },
  ...{ propertyName, propertyValue, changeSource: 'CRM_UI', ...given },
});

/** An account that HubSpot knows, with the ids that it has there. */
async function linked() {
  const id = `acc-${randomUUID().slice(0, 8)}`;
  const person = { role: 'primary', name: 'Maya Lindqvist', email: `${id}@lakeside.example`, consent: { email: true } };
  await api.call('PUT', `/v1/accounts/${id}`, {
    body: { name: 'Lakeside', plan: 'starter', timeZone: 'UTC', contacts: [person] },
  });
  const [contact] = await api.database.db.select().from(contacts).where(eq(contacts.accountId, id));
  const remote = {
    company: String(++sequence + 5000),
    contact: String(++sequence + 5000),
    deal: String(++sequence + 5000),
  };
  const common = { accountId: id, told: 'f', attempts: 0, notBefore: new Date(NOW) };
  await api.database.db.insert(crmSync).values([
    { ...common, kind: 'company', externalId: id, remoteId: remote.company },
    { ...common, kind: 'contact', externalId: contact!.id, remoteId: remote.contact },
    { ...common, kind: 'deal', externalId: `${id}/o`, remoteId: remote.deal },
  ]);
  await api.database.db.insert(crmOpportunities).values({
    key: `${id}/o`,
    accountId: id,
    title: 'x',
    amountMinor: null,
    currency: 'USD',
    stage: 'open',
    at: new Date(NOW),
  });
  return { id, contact: contact!.id, remote };
}

const toldOf = async (kind: string, id: string) =>
  (
    await api.database.db
      .select()
      .from(crmSync)
      .where(and(eq(crmSync.kind, kind), eq(crmSync.externalId, id)))
  )[0];

describe("HubSpot's webhook", () => {
  it('refuses what is not signed by the app, what was altered on the way, and what is older than five minutes', async () => {
    const { id, remote } = await linked();
    const change = [changed('company', remote.company, 'hubspot_owner_id', '77')];
    for (const given of [
      { secret: 'another' },
      { at: NOW - 301_000 },
      { at: NOW + 301_000 },
      { body: JSON.stringify([changed('company', remote.company, 'hubspot_owner_id', '78')]) },
    ])
      expect(await post(change, given)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect(await api.database.db.select().from(crmAccounts).where(eq(crmAccounts.accountId, id))).toEqual([]);
    expect((await post(change)).status).toBe(200);
  });

  it('takes a changed owner, and tells it once however often HubSpot repeats it', async () => {
    const { id, remote } = await linked();
    const change = [changed('company', remote.company, 'hubspot_owner_id', '77')];
    expect((await post(change)).body.taken).toBe(1);
    expect((await post(change)).body.taken).toBe(0);
    expect(await api.database.db.select().from(crmAccounts).where(eq(crmAccounts.accountId, id))).toMatchObject([
      { owner: 'hubspot-77' },
    ]);
    const told = await api.database.db.select().from(events).where(eq(events.accountId, id));
    expect(told.filter((event) => event.type === 'account.owner_changed')).toMatchObject([
      { data: { owner: 'hubspot-77' } },
    ]);
  });

  it('takes a moved renewal date as a fact of the account; a date that nobody can read is noted and changes nothing', async () => {
    const { id, remote } = await linked();
    await post([changed('company', remote.company, 'tenure_renewal_date', '2026-09-30')]);
    await post([
      changed('company', remote.company, 'tenure_renewal_date', 'next spring'),
      changed('company', remote.company, 'hubspot_owner_id', '5'),
    ]);
    const [row] = await api.database.db.select().from(accounts).where(eq(accounts.id, id));
    expect(row!.facts).toEqual({ renewal_date: '2026-09-30' });
    const audit = await api.call('GET', `/v1/audit?target=account:${id}`);
    expect(audit.body.items.map((item: { action: string }) => item.action)).toContain('crm.change-refused');
    expect(await api.database.db.select().from(crmAccounts).where(eq(crmAccounts.accountId, id))).toMatchObject([
      { owner: 'hubspot-5' },
    ]);
  });

  it('takes a no to mail, a name, a phone number and the stage of a deal', async () => {
    const { id, contact, remote } = await linked();
    await post([
      changed('contact', remote.contact, 'hs_email_optout', 'true'),
      // What no database keeps takes nothing else of the call with it.
      changed('contact', remote.contact, 'firstname', 'M\u0000'),
      changed('contact', remote.contact, 'firstname', 'Maja'),
      changed('contact', remote.contact, 'lastname', 'Berg Lindqvist'),
      changed('contact', remote.contact, 'phone', '+1 (212) 555-0147'),
      changed('deal', remote.deal, 'dealstage', 'closedwon'),
    ]);
    const [person] = await api.database.db.select().from(contacts).where(eq(contacts.id, contact));
    expect(person).toMatchObject({ name: 'Maja Berg Lindqvist', phone: '+12125550147' });
    const said = await api.database.db.select().from(consents).where(eq(consents.contactId, contact));
    expect(said.some((word) => word.channel === 'email' && !word.given)).toBe(true);
    expect(
      await api.database.db.select().from(crmOpportunities).where(eq(crmOpportunities.accountId, id)),
    ).toMatchObject([{ stage: 'closedwon' }]);
  });

  it('has a field that is decided here told again when a person changed it there, but not when its own telling comes back', async () => {
    const { id, remote } = await linked();
    await post([changed('company', remote.company, 'name', 'Ours', { changeSource: 'INTEGRATION' })]);
    expect((await toldOf('company', id))!.told).toBe('f');
    await post([changed('company', remote.company, 'name', 'Theirs')]);
    expect((await toldOf('company', id))!.told).toBeNull();
  });

  it('does not make again what was deleted there, until it changes here', async () => {
    const { id, remote } = await linked();
    await post([
      { eventId: ++sequence, subscriptionType: 'company.deletion', objectId: Number(remote.company), occurredAt: NOW },
    ]);
    expect(await toldOf('company', id)).toMatchObject({ remoteId: null, refused: 'f' });
  });

  it('ignores objects, fields and kinds of notices that it does not know, and refuses a body that is none', async () => {
    expect(
      await post([changed('company', '999999', 'name', 'x'), { ...changed('ticket', '1', 'x', 'y') }]),
    ).toMatchObject({ status: 200, body: { taken: 0 } });
    expect((await post([{ eventId: 1 }])).status).toBe(400);
    expect((await post([changed('company', '1', 'name', 'x', { occurredAt: -9e15 })])).status).toBe(400);
  });

  it('says so when no app is configured', async () => {
    const bare = await apiFixture({ publish: false });
    const answer = await bare.app.inject({ method: 'POST', url: '/v1/hooks/hubspot', payload: [] });
    expect(answer.json()).toMatchObject({ status: 409, code: 'not-configured' });
    await bare.close();
  });
});
