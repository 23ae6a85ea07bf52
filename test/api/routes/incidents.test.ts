import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  deliveries,
  events,
  holds,
  incidentAlerts,
  incidents,
  pages,
  tasks,
  waiters,
} from '../../../db/schema/index.ts';
import { anAccount, apiFixture, freshId } from '../api-fixture.ts';
import type { ApiFixture, Json } from '../api-fixture.ts';

let api: ApiFixture;
const clock = Date.UTC(2026, 2, 2, 15, 0);
const MINUTE = 60_000;
beforeAll(async () => {
  api = await apiFixture({
    clock: () => clock,
    config: { alertmanagerToken: 'a-token-of-alertmanager', statusName: 'Acme status' },
  });
});
afterAll(() => api.close());

async function customer(plan = 'starter'): Promise<string> {
  const id = freshId();
  expect((await api.call('PUT', `/v1/accounts/${id}`, { body: anAccount({ plan }) })).status).toBe(201);
  return id;
}
const open = async (body: object = {}) =>
  (await api.call('POST', '/v1/incidents', { body: { title: 'Conversations are delayed', ...body } })).body;
const tell = (id: string, body: object) => api.call('POST', `/v1/incidents/${id}/commands`, { body });
const holdsOf = async (account: string) =>
  (await api.database.db.select().from(holds).where(eq(holds.accountId, account))).filter(
    (one) => one.releasedAt === null,
  );
const toldTo = async (journey: string): Promise<Json[]> =>
  (
    await api.database.db.select().from(deliveries).where(eq(deliveries.journeyId, journey)).orderBy(deliveries.seq)
  ).map((one) => one.happening);

describe('an incident', () => {
  it('is opened once a key and once an Idempotency-Key, runs for the internal account, and promises a first notice', async () => {
    const headers = { 'idempotency-key': freshId('key') };
    const body = { title: 'Mails are late', key: freshId('k'), severity: 'SEV-3' };
    const first = await api.call('POST', '/v1/incidents', { body, headers });
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      status: 'Investigating',
      severity: 'SEV-3',
      open: true,
      accounts: 0,
      updates: 0,
    });
    expect(Date.parse(first.body.nextUpdateAt) - clock).toBe(5 * MINUTE);
    expect((await api.call('POST', '/v1/incidents', { body, headers })).body).toEqual(first.body);
    const again = await api.call('POST', '/v1/incidents', { body });
    expect([again.status, again.body.id]).toEqual([200, first.body.id]);
    const many = await Promise.all(
      [...Array(8)].map(() => api.call('POST', '/v1/incidents', { body: { ...body, key: 'raced' } })),
    );
    expect(new Set(many.map((one) => one.body.id)).size).toBe(1);
    expect(many.filter((one) => one.status === 201)).toHaveLength(1);
    const journey = await api.call('GET', `/v1/journeys/${first.body.journey}`);
    expect(journey.body).toMatchObject({ account: '_platform', playbook: '000.platform-incident' });
  });

  it('keeps the internal account to itself', async () => {
    const { body } = await api.call('GET', '/v1/accounts?limit=200');
    expect(body.items.map((one: Json) => one.id)).not.toContain('_platform');
    const put = await api.call('PUT', '/v1/accounts/_platform', { body: anAccount() });
    expect([put.status, put.body.code]).toEqual([404, 'unknown-account']);
    expect((await api.call('DELETE', '/v1/accounts/_platform')).status).toBe(404);
    const event = { id: freshId('e'), type: 'incident.closed', account: '_platform' };
    expect((await api.call('POST', '/v1/events', { body: { events: [event] } })).status).toBe(404);
    const start = { playbook: '000.platform-incident', account: '_platform' };
    expect((await api.call('POST', '/v1/journeys', { body: start })).status).toBe(404);
  });

  it.each(['000.platform-incident', '000.business-incident'])(
    'is not begun as a journey of %s, which would run for no incident',
    async (playbook) => {
      const account = await customer('starter');
      expect(await api.call('POST', '/v1/journeys', { body: { playbook, account } })).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/playbook', detail: expect.stringContaining('/v1/incidents') }] },
      });
    },
  );

  it('keeps lesser mail from whom it touches: widened, narrowed, raised, lowered, and released when it is resolved', async () => {
    const [a, b, c] = [await customer('starter'), await customer('enterprise'), await customer('enterprise')];
    const { id, journey } = await open({ severity: 'SEV-4', affected: { accounts: [a] } });
    expect(await holdsOf(a)).toEqual([]);
    expect((await tell(id, { command: 'classify', severity: 'SEV-1' })).body.severity).toBe('SEV-1');
    expect(await holdsOf(a)).toMatchObject([{ level: 'sev1', by: `incident:${id}` }]);
    const segment = `account.id == "${b}" || account.id == "${c}"`;
    const widened = await tell(id, { command: 'scope', affected: { accounts: [a], segment } });
    expect(widened.body.accounts).toBe(3);
    const [held] = await holdsOf(c);
    expect(held).toMatchObject({ level: 'sev1' });
    // Somebody waits on it: woken once it is released, at a set rate.
    const waiting = {
      hold: `hold:${held!.id}`,
      journeyId: journey,
      step: 's',
      rank: 3,
      since: new Date(clock),
      recheck: new Date(clock),
    };
    await api.database.db.insert(waiters).values(waiting);
    expect((await tell(id, { command: 'scope', affected: { accounts: [a, b] } })).body.accounts).toBe(2);
    expect(await holdsOf(c)).toEqual([]);
    expect((await toldTo(journey)).filter((one) => one.t === 'released')).toMatchObject([{ hold: `hold:${held!.id}` }]);
    expect(await holdsOf(b)).toHaveLength(1);
    await tell(id, { command: 'resolve', verified: true });
    expect([...(await holdsOf(a)), ...(await holdsOf(b))]).toEqual([]);
    await tell(id, { command: 'reopen' });
    expect(await holdsOf(b)).toHaveLength(1);
    await tell(id, { command: 'classify', severity: 'SEV-3' });
    expect(await holdsOf(b)).toEqual([]);
  });

  it('that gets worse brings the promised update as near as its severity wants it, and nearer ones stand', async () => {
    const { id, journey } = await open({ severity: 'SEV-4', message: 'We look into it.' });
    const promised = async (severity: string) =>
      Date.parse((await tell(id, { command: 'classify', severity })).body.nextUpdateAt) - clock;
    expect([await promised('SEV-3'), await promised('SEV-1'), await promised('SEV-4')]).toEqual([
      60 * MINUTE,
      20 * MINUTE,
      20 * MINUTE,
    ]);
    const told = (await toldTo(journey)).filter((one) => one.type === 'incident.classified');
    const at = (minutes: number) => new Date(clock + minutes * MINUTE).toISOString();
    expect(told.map((one) => one.fields.nextUpdate)).toEqual([at(60), at(20), undefined]);
  });

  it('tells its run ids and enums only, and each command once', async () => {
    const { id, journey } = await open({ severity: 'SEV-2', message: 'We look into the delay of your mails.' });
    await tell(id, { command: 'acknowledge' });
    await tell(id, {
      command: 'update',
      status: 'Identified',
      message: 'It is the queue of Grace Hopper.',
      nextUpdateInMinutes: 15,
    });
    const told = await toldTo(journey);
    expect(told.map((one) => [one.type, one.fields])).toEqual([
      ['incident.updated', { status: 'Investigating', nextUpdate: new Date(clock + 20 * MINUTE).toISOString() }],
      ['incident.acknowledged', {}],
      ['incident.updated', { status: 'Identified', nextUpdate: new Date(clock + 15 * MINUTE).toISOString() }],
    ]);
    const stored = await api.database.db
      .select()
      .from(events)
      .where(sql`${events.data}->>'incident' = ${id}`);
    expect(JSON.stringify([told, stored])).not.toMatch(/Grace|delay|mails/);
  });

  it.each([
    ['goes backwards', { command: 'update', status: 'Investigating', message: 'x' }, 'status-backwards', 'reopen'],
    [
      'is called resolved by an update',
      { command: 'update', status: 'Resolved', message: 'x' },
      'use-resolve',
      'resolve',
    ],
    ['is resolved unverified', { command: 'resolve', verified: false }, 'not-verified', 'update'],
    ['promises too late', { command: 'update', message: 'x', nextUpdateInMinutes: 90 }, 'promise-too-late', 'update'],
    ['is closed in public silence', { command: 'close' }, 'not-resolved', 'resolve'],
    [
      'is reviewed too early',
      { command: 'post-mortem', rootCause: 'x', owner: 'u', actions: [{ what: 'x' }] },
      'not-resolved',
      'resolve',
    ],
    ['is as severe as it was', { command: 'classify', severity: 'SEV-1' }, 'same-severity', undefined],
    ['is taken twice', { command: 'acknowledge' }, 'already-acknowledged', undefined],
  ])('is refused when it %s, with the nearest that it can', async (_what, body, code, nearest) => {
    const { id } = await open({ severity: 'SEV-1', message: 'We look into it.' });
    await tell(id, { command: 'update', status: 'Monitoring', message: 'A fix is in.' });
    const before = (await api.call('GET', `/v1/incidents/${id}`)).body;
    const answer = await tell(id, body);
    expect([answer.status, answer.body.code, answer.body.nearest?.command]).toEqual([409, code, nearest]);
    expect((await api.call('GET', `/v1/incidents/${id}`)).body).toEqual(before);
  });

  it('ends with its post-mortem: actions become tasks, whoever was affected is made good, and nothing follows it', async () => {
    const [small, large] = [await customer('starter'), await customer('enterprise')];
    const { id, journey } = await open({
      severity: 'SEV-1',
      affected: { accounts: [small, large] },
      message: 'We look.',
    });
    await tell(id, { command: 'resolve', verified: true, message: 'Over. No data was lost.' });
    expect((await tell(id, { command: 'close' })).body.code).toBe('post-mortem-missing');
    const review = {
      command: 'post-mortem',
      rootCause: 'A full disk.',
      owner: 'u_7',
      actions: [{ what: 'Alert on disks.', owner: 'u_8', due: '2026-03-20' }],
    };
    expect((await tell(id, review)).body).toMatchObject({ open: false, postMortem: { rootCause: 'A full disk.' } });
    const rows = await api.database.db.select().from(tasks).where(eq(tasks.journeyId, journey));
    expect(rows.map((one) => [one.accountId, one.title, one.owner, one.ownerRole]).sort()).toEqual([
      ['_platform', 'Action of a post-mortem: Alert on disks.', 'u_8', 'engineering'],
      [large, 'Make good after an incident', null, 'csm'],
    ]);
    const after = await tell(id, { command: 'reopen' });
    expect([after.status, after.body.code]).toEqual([409, 'incident-closed']);
    const { body } = await api.call('GET', `/v1/incidents/${id}`);
    expect(body.timeline.map((one: Json) => one.what).filter((what: string) => what.startsWith('incident.'))).toEqual([
      'incident.opened',
      'incident.resolve',
      'incident.post-mortem',
    ]);
    expect(body.said.map((one: Json) => [one.status, one.nextUpdateAt !== null])).toEqual([
      ['Investigating', true],
      ['Resolved', false],
    ]);
  });

  it('answers unknown incidents, plans, accounts and segments by name, and keeps commands to staff', async () => {
    const { id } = await open();
    expect((await tell('00000000-0000-4000-8000-000000000000', { command: 'acknowledge' })).body.code).toBe(
      'unknown-incident',
    );
    expect((await tell(id, { command: 'scope', affected: { plans: ['gold'] } })).body.code).toBe('unknown-plan');
    expect((await tell(id, { command: 'scope', affected: { accounts: ['nobody'] } })).body.code).toBe(
      'unknown-account',
    );
    const wrong = await tell(id, { command: 'scope', affected: { segment: 'account.colour == "red"' } });
    expect([wrong.status, wrong.body.errors[0].pointer]).toEqual([400, '/affected/segment']);
    expect((await tell(id, { command: 'scope', affected: {} })).status).toBe(400);
    const asService = await api.call('POST', `/v1/incidents/${id}/commands`, {
      as: 'service',
      body: { command: 'acknowledge' },
    });
    expect(asService.status).toBe(403);
    expect((await api.call('GET', '/v1/incidents', { as: null })).status).toBe(401);
    const { body } = await api.call('GET', '/v1/incidents?state=open&kind=platform&limit=1');
    expect(body.items).toHaveLength(1);
    expect((await api.call('GET', `/v1/incidents?limit=1&cursor=${body.nextCursor}`)).body.items[0].id).not.toBe(
      body.items[0].id,
    );
  });

  it('of the business runs for its account, one of a class at a time, and is closed by a person', async () => {
    const account = await customer('enterprise');
    const body = { kind: 'business', class: 'customer-escalation', title: 'They may leave', account };
    const first = await api.call('POST', '/v1/incidents', { body });
    expect(first.body).toMatchObject({ kind: 'business', class: 'customer-escalation', account });
    expect((await api.call('POST', '/v1/incidents', { body })).body.id).toBe(first.body.id);
    expect((await api.call('GET', `/v1/journeys?account=${account}`)).body.items).toMatchObject([
      { playbook: '000.business-incident' },
    ]);
    expect((await tell(first.body.id, { command: 'update', message: 'x' })).body.code).toBe('not-for-this-kind');
    expect((await tell(first.body.id, { command: 'close' })).body.open).toBe(false);
    expect((await api.call('GET', '/status', { as: null })).text).not.toContain('They may leave');
  });
});

const alert = (n: number, more: Json = {}) => ({
  status: 'firing',
  labels: { alertname: 'HighLatency', instance: `pod-${n}`, severity: n % 10 === 0 ? 'critical' : 'warning' },
  annotations: { summary: 'p99 of pod is high' },
  startsAt: '2026-03-02T14:58:00Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus.internal/graph',
  fingerprint: `f${n}`,
  ...more,
});
const webhook = (groupKey: string, alerts: Json[], status = 'firing') => ({
  version: '4',
  groupKey,
  truncatedAlerts: 0,
  status,
  receiver: 'tenure',
  groupLabels: { alertname: 'HighLatency' },
  commonLabels: { alertname: 'HighLatency', cluster: 'prod-7' },
  commonAnnotations: { summary: 'p99 is high' },
  externalURL: 'http://alertmanager.internal',
  alerts,
});
const hook = (body: Json, token = 'a-token-of-alertmanager') =>
  api.call('POST', '/v1/hooks/alertmanager', { as: null, body, headers: { authorization: `Bearer ${token}` } });

describe('Alertmanager', () => {
  it('makes one incident of a thousand alerts of a group, however they come', async () => {
    const group = '{}/{team="core"}:{alertname="HighLatency"}';
    const all = [...Array(1000).keys()].map((n) => alert(n));
    const batches = [...Array(20).keys()].map((k) => webhook(group, all.slice(0, (k + 1) * 50)));
    const answers = await Promise.all(batches.map((body) => hook(body)));
    expect(answers.map((one) => one.status)).toEqual(Array(20).fill(200));
    const ids = new Set(answers.map((one) => one.body.incident));
    expect(ids.size).toBe(1);
    expect(answers.filter((one) => one.body.created)).toHaveLength(1);
    expect(answers.reduce((sum, one) => sum + Number(one.body.alerts), 0)).toBe(1000);
    const [id] = [...ids] as string[];
    const rows = await api.database.db.select().from(incidents).where(eq(incidents.id, id!));
    expect(rows[0]).toMatchObject({ severity: 'SEV-1', source: 'alertmanager', updates: 0, status: 'Investigating' });
    expect(rows[0]!.summary).toContain('p99 is high');
    const journeys = await api.call('GET', `/v1/incidents/${id}`);
    expect(journeys.body.alerts).toEqual({ firing: 1000 });
    // The public reads none of it: nobody has said anything yet.
    expect((await api.call('GET', '/v1/status', { as: null })).text).not.toContain('p99');
    const resolved = await hook(
      webhook(
        group,
        all.map((one) => ({ ...one, status: 'resolved', endsAt: '2026-03-02T15:30:00Z' })),
        'resolved',
      ),
    );
    expect(resolved.body).toMatchObject({ incident: id, firing: 0, alerts: 0 });
    expect((await api.call('GET', `/v1/incidents/${id}`)).body).toMatchObject({ open: true, status: 'Investigating' });
    expect((await toldTo(rows[0]!.journeyId)).map((one) => one.type)).toContain('incident.alerts_resolved');
    const known = await api.database.db.select().from(incidentAlerts).where(eq(incidentAlerts.incidentId, id!));
    expect(known.find((one) => one.fingerprint === 'f0')).toMatchObject({
      state: 'resolved',
      severity: 'SEV-1',
      times: 21,
    });
    expect((await api.database.db.select().from(pages)).filter((one) => one.journeyId === rows[0]!.journeyId)).toEqual(
      [],
    );
  });

  it('raises a minor incident while nobody has taken it, and leaves a person’s word alone', async () => {
    const { body } = await hook(webhook('raise', [alert(1)]));
    // A time that no database knows is as none.
    const odd = { ...alert(10), startsAt: '+275000-01-01T00:00:00Z', endsAt: '9999-12-31T23:59:59-23:59' };
    expect((await hook(webhook('raise', [alert(1), odd]))).status).toBe(200);
    expect((await api.call('GET', `/v1/incidents/${body.incident}`)).body.severity).toBe('SEV-1');
    await tell(body.incident, { command: 'classify', severity: 'SEV-3' });
    await hook(webhook('raise', [alert(1), alert(20)]));
    expect((await api.call('GET', `/v1/incidents/${body.incident}`)).body.severity).toBe('SEV-3');
    await tell(body.incident, { command: 'resolve', verified: true });
    const later = await hook(webhook('raise', [alert(1)]));
    expect(later.body).toMatchObject({ created: true });
    expect(later.body.incident).not.toBe(body.incident);
    expect((await tell(body.incident, { command: 'reopen' })).body).toMatchObject({
      code: 'other-incident-open',
      incident: later.body.incident,
    });
  });

  it('tells its run once when none fires any more and once when one does again, and shows what its source left out', async () => {
    const [fires, over] = [[alert(1), alert(2)], [alert(1), alert(2)].map((one) => ({ ...one, status: 'resolved' }))];
    const { body } = await hook(webhook('again', fires));
    const { journey } = (await api.call('GET', `/v1/incidents/${body.incident}`)).body;
    const told = async () =>
      (await toldTo(journey)).map((one) => one.type).filter((type) => type.startsWith('incident.alerts'));
    await hook(webhook('again', over, 'resolved'));
    expect(await told()).toEqual(['incident.alerts_resolved']);
    await hook({ ...webhook('again', fires), truncatedAlerts: 7 });
    await hook({ ...webhook('again', fires), truncatedAlerts: 7 });
    expect(await told()).toEqual(['incident.alerts_resolved', 'incident.alerts_firing']);
    const seen = async () => (await api.call('GET', `/v1/incidents/${body.incident}`)).body.alerts;
    expect(await seen()).toEqual({ firing: 2, truncated: 7 });
    await hook(webhook('again', over, 'resolved'));
    expect(await seen()).toEqual({ resolved: 2 });
  });

  it('is refused in another version than 4, and without alerts', async () => {
    for (const [wrong, pointer] of [
      [{ version: '3' }, '/version'],
      [{ alerts: [] }, '/alerts'],
      [{ truncatedAlerts: -1 }, '/truncatedAlerts'],
    ] as const)
      expect(await hook({ ...webhook('odd', [alert(1)]), ...wrong }), pointer).toMatchObject({
        status: 400,
        body: { code: 'invalid-request', errors: [{ pointer }] },
      });
  });

  it('is heard by its own token or a key that may tell, and by nothing else', async () => {
    expect((await hook(webhook('who', [alert(1)]), 'a-wrong-token-of-some-length')).status).toBe(401);
    expect(
      (await api.call('POST', '/v1/hooks/alertmanager', { as: 'viewer', body: webhook('who', [alert(1)]) })).status,
    ).toBe(403);
    expect(
      (await api.call('POST', '/v1/hooks/alertmanager', { as: 'service', body: webhook('who', [alert(1)]) })).status,
    ).toBe(200);
    expect(
      (
        await api.call('GET', '/v1/incidents', {
          as: null,
          headers: { authorization: 'Bearer a-token-of-alertmanager' },
        })
      ).status,
    ).toBe(401);
    expect((await hook({ ...webhook('who', []), alerts: 'many' })).status).toBe(400);
    expect((await hook(webhook('nobody', [alert(1, { status: 'resolved' })], 'resolved'))).body).toMatchObject({
      incident: null,
    });
  });
});
