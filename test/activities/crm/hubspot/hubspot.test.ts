import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createHubspot } from '../../../../activities/crm/hubspot/create-hubspot.ts';
import { RemoteUnavailable } from '../../../../activities/crm/remote-crm.ts';
import { syncCrm } from '../../../../activities/crm/sync-crm.ts';
import { openDatabase } from '../../../../db/database.ts';
import type { Database } from '../../../../db/database.ts';
import { eraseAccount } from '../../../../db/queries/accounts/erase-account.ts';
import { putAccount } from '../../../../db/queries/accounts/put-account.ts';
import { addNote, openOpportunity, setStage } from '../../../../db/queries/crm/write-crm.ts';
import { openTask } from '../../../../db/queries/tasks/open-task.ts';
import { accounts, crmSync, tasks } from '../../../../db/schema/index.ts';
import { startCrmSync } from '../../../../workers/crm/start-crm-sync.ts';
import { createTestDatabase } from '../../../support/postgres.ts';
import { startHubspot } from './hubspot-server.ts';
import type { HubspotServer } from './hubspot-server.ts';

const NOW = new Date('2026-03-02T10:00:00Z');
let database: Database;
let hubspot: HubspotServer;
beforeEach(async () => {
  database = openDatabase((await createTestDatabase()).url, { max: 5 });
  hubspot = await startHubspot();
  return async () => {
    await hubspot.close();
    await database.close();
  };
});

const adapter = (given: { callsPerSecond?: number; timeoutMs?: number } = {}) =>
  createHubspot({ accessToken: hubspot.token, baseUrl: hubspot.url, callsPerSecond: 500, ...given });
const sync = async (remote = adapter()) => {
  await remote.prepare();
  return syncCrm({ database, remote, clock: () => NOW.getTime() }, () => Promise.resolve(true));
};

async function account(
  id = `acc-${randomUUID().slice(0, 8)}`,
  given: { name?: string; email?: string } = {},
): Promise<string> {
  const person = {
    role: 'primary',
    name: 'Maya Lindqvist',
    email: given.email ?? `${id}@lakeside.example`,
    consents: [],
  };
  const whole = {
    id,
    name: given.name ?? 'Lakeside',
    plan: 'starter',
    timeZone: 'UTC',
    facts: { renewal_date: '2026-12-01' },
    contacts: [person],
  };
  await database.db.transaction((tx) => putAccount(tx, whole, NOW));
  return id;
}

const of = (type: string) => hubspot.objects.filter((object) => object.type === type);
const propertiesOf = (type: string) => of(type).map((object) => object.properties);

describe('HubSpot, told over its official client', () => {
  it('has a company with its contact, opportunity, note and task, each once and beside it', async () => {
    const id = await account();
    await database.db.transaction(async (tx) => {
      await setStage(tx, { accountId: id, stage: 'trial', at: NOW });
      await addNote(tx, {
        key: `${id}/n`,
        accountId: id,
        text: 'Began a trial.',
        author: 'journey:002.trial',
        at: NOW,
      });
      await openOpportunity(tx, {
        key: `${id}/o`,
        accountId: id,
        title: 'Call',
        amountMinor: 4900,
        currency: 'USD',
        stage: 'open',
        at: NOW,
      });
      const task = {
        step: null,
        n: 1,
        title: 'Ring them',
        instructions: 'Ask.',
        owner: null,
        ownerRole: 'csm',
        minutes: 30,
      };
      await openTask(tx, { ...task, key: `${id}/t`, journeyId: null, accountId: id, dueAt: NOW, createdAt: NOW });
    });
    expect(await sync()).toEqual({ told: 5, refused: 0 });
    expect(propertiesOf('companies')).toEqual([
      {
        tenure_id: id,
        name: 'Lakeside',
        tenure_plan: 'starter',
        tenure_stage: 'trial',
        tenure_renewal_date: '2026-12-01',
      },
    ]);
    expect(propertiesOf('contacts')).toMatchObject([
      { email: `${id}@lakeside.example`, firstname: 'Maya', lastname: 'Lindqvist', tenure_role: 'primary' },
    ]);
    expect(propertiesOf('deals')).toMatchObject([
      { dealname: 'Call', amount: '49', deal_currency_code: 'USD', dealstage: 'appointmentscheduled' },
    ]);
    expect(propertiesOf('notes')).toMatchObject([
      { hs_note_body: 'Began a trial.\n\n(journey:002.trial)', hs_timestamp: String(NOW.getTime()) },
    ]);
    expect(propertiesOf('tasks')).toMatchObject([
      { hs_task_subject: 'Ring them', hs_task_status: 'NOT_STARTED', hs_timestamp: String(NOW.getTime()) },
    ]);
    expect(hubspot.associations.map((one) => one.replace(/\d+/g, '#')).sort()).toEqual(
      ['contacts', 'deals', 'notes', 'tasks'].map((type) => `${type}:# → companies:#`),
    );
  });

  it('is told a change of that object alone, keeps what it decides itself, and is told nothing when nothing changed', async () => {
    const [id, other] = [await account(), await account()];
    await sync();
    of('contacts').find((one) => one.properties.email === `${id}@lakeside.example`)!.properties.firstname = 'Maja';
    hubspot.calls.length = 0;
    expect(
      await syncCrm({ database, remote: adapter(), clock: () => NOW.getTime() }, () => Promise.resolve(true)),
    ).toEqual({ told: 0, refused: 0 });
    expect(hubspot.calls).toEqual([]);
    await database.db
      .update(accounts)
      .set({ plan: 'business', facts: { renewal_date: '2027-01-01' } })
      .where(eq(accounts.id, id));
    expect(await sync()).toEqual({ told: 1, refused: 0 });
    const [company] = of('companies').filter((one) => one.properties.tenure_id === id);
    expect(company!.properties).toMatchObject({ tenure_plan: 'business', tenure_renewal_date: '2026-12-01' });
    expect(
      of('contacts')
        .map((one) => one.properties.firstname)
        .sort(),
    ).toEqual(['Maja', 'Maya']);
    expect(of('companies').filter((one) => one.properties.tenure_id === other)).toHaveLength(1);
  });

  it('is told in batches of at most a hundred', async () => {
    for (let k = 0; k < 130; k++) await account();
    expect(await sync()).toEqual({ told: 260, refused: 0 });
    expect(
      hubspot.calls.filter((call) => call.path.includes('/objects/companies/batch')).map((call) => call.inputs),
    ).toEqual([100, 30]);
  });

  it('makes no second object when it is told again after a crash before the note of it', async () => {
    await account();
    await sync();
    await database.db.delete(crmSync);
    await sync();
    expect(hubspot.objects).toHaveLength(2);
  });

  it.each([
    { all: false, says: 'an input of a batch (207)' },
    { all: true, says: 'a whole batch for one input (400)' },
  ])(
    'refuses $says: the others are told, somebody is asked, and it is tried again only when it changes',
    async ({ all }) => {
      const bad = await account(undefined, { name: 'Bad name' });
      for (let k = 0; k < 5; k++) await account();
      hubspot.refuses = { value: 'Bad name', all };
      expect(await sync()).toEqual({ told: 10, refused: 1 });
      expect(await database.db.select({ title: tasks.title, account: tasks.accountId }).from(tasks)).toEqual([
        { title: 'The CRM refuses a company', account: bad },
      ]);
      hubspot.calls.length = 0;
      await syncCrm({ database, remote: adapter(), clock: () => NOW.getTime() }, () => Promise.resolve(true));
      // The task itself is told: it is an object like others, but beside a company that is not there yet.
      expect(hubspot.calls.filter((call) => call.path.includes('/objects/companies/batch'))).toEqual([]);
      await database.db.update(accounts).set({ name: 'Good name' }).where(eq(accounts.id, bad));
      await sync();
      expect(of('companies').map((one) => one.properties.name)).toContain('Good name');
      expect(of('tasks')).toHaveLength(1);
    },
  );

  it('forgets who was erased here, but not a person whom another account still has', async () => {
    const [id, other] = [await account(undefined, { email: 'both@lakeside.example' }), await account()];
    const third = await account(undefined, { email: 'both@lakeside.example' });
    await sync();
    await sync();
    for (const one of [id, other]) await database.db.transaction((tx) => eraseAccount(tx, one, NOW));
    await sync();
    expect(propertiesOf('companies').map((one) => one.tenure_id)).toEqual([third]);
    expect(propertiesOf('contacts').map((one) => one.email)).toEqual(['both@lakeside.example']);
    expect(
      await database.db.select({ account: crmSync.accountId }).from(crmSync).where(eq(crmSync.accountId, id)),
    ).toEqual([]);
  });

  it('says which object it would not put beside its company, and tells the others', async () => {
    for (let k = 0; k < 3; k++) await account();
    hubspot.keepsApart = '1004';
    // Three companies, two contacts, and the task that asks somebody.
    expect(await sync()).toEqual({ told: 6, refused: 1 });
    expect(hubspot.associations).toHaveLength(3);
    expect(await database.db.select({ title: tasks.title }).from(tasks)).toEqual([
      { title: 'The CRM refuses a contact' },
    ]);
  });

  it('names its own trouble, with the wait that it asks for', async () => {
    await account();
    for (const [mood, code, retryAfterMs] of [
      ['busy', 'status-429', 2000],
      ['broken', 'status-502', undefined],
      ['down', 'no-answer', undefined],
      ['silent', 'time-out', undefined],
    ] as const) {
      hubspot.mood = mood;
      const failed = await adapter({ timeoutMs: mood === 'silent' ? 300 : 60_000 })
        .upsert('company', [anObject])
        .catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(RemoteUnavailable);
      expect(failed).toMatchObject({ code, retryAfterMs });
    }
    hubspot.mood = 'up';
    hubspot.token = 'another';
    await expect(
      createHubspot({ accessToken: 'wrong', baseUrl: hubspot.url }).upsert('company', [anObject]),
    ).rejects.toMatchObject({ code: 'status-401' });
  });

  it('keeps to its rate', async () => {
    for (let k = 0; k < 250; k++) await account();
    const remote = adapter({ callsPerSecond: 20 });
    await remote.prepare();
    hubspot.calls.length = 0;
    await syncCrm({ database, remote, clock: () => NOW.getTime() }, () => Promise.resolve(true));
    const gaps = hubspot.calls.slice(1).map((call, k) => call.at - hubspot.calls[k]!.at);
    expect(gaps.length).toBeGreaterThan(5);
    // One that comes late on a loaded machine makes the next gap short.
    gaps.sort((a, b) => a - b);
    expect(gaps[Math.floor(gaps.length / 2)]).toBeGreaterThan(40);
  });
});

const anObject = {
  kind: 'company' as const,
  ...{ externalId: 'x', accountId: 'x', remoteId: null, companyId: null, fingerprint: 'f', fields: { name: 'x' } },
};

describe('an outage of HubSpot', () => {
  const log = { info: () => undefined, warn: () => undefined };

  it('loses nothing, and ends without a burst: many changes of an object are one', async () => {
    const ids = [await account(), await account(), await account()];
    hubspot.mood = 'down';
    let now = NOW.getTime();
    const remote = adapter();
    const running = startCrmSync({
      database,
      remote,
      clock: () => now,
      log,
      everyMs: 20,
      backOffMs: { first: 10, most: 40 },
    });
    try {
      await vi.waitUntil(() => hubspot.calls.length > 2, { timeout: 180_000, interval: 10 });
      for (let minute = 1; minute <= 60; minute++) {
        now += 90_000;
        await database.db
          .update(accounts)
          .set({ name: `Lakeside ${minute}` })
          .where(eq(accounts.id, ids[0]!));
      }
      expect(hubspot.objects).toEqual([]);
      hubspot.calls.length = 0;
      hubspot.mood = 'up';
      await vi.waitUntil(() => hubspot.objects.length === 6, { timeout: 180_000, interval: 10 });
      await vi.waitUntil(async () => (await database.db.select().from(crmSync)).length === 6, {
        timeout: 180_000,
        interval: 10,
      });
      expect(of('companies').find((one) => one.properties.tenure_id === ids[0])!.properties.name).toBe('Lakeside 60');
      expect(hubspot.calls.filter((call) => call.path.endsWith('/batch/upsert')).map((call) => call.inputs)).toEqual([
        3, 3,
      ]);
    } finally {
      await running.stop();
    }
  });

  it('is no outage when it asks for a pause: the first wait of a real one is as short as ever', async () => {
    await account();
    const waits: number[] = [];
    const upsert = () => Promise.reject(new RemoteUnavailable('busy', waits.length < 8 ? 1 : undefined));
    const running = startCrmSync({
      ...{ database, clock: () => NOW.getTime(), everyMs: 5, backOffMs: { first: 10, most: 10_000 } },
      remote: { ...adapter(), prepare: () => Promise.resolve(), forget: () => Promise.resolve(), upsert },
      log: { ...log, warn: (about: object) => void waits.push((about as { waitMs: number }).waitMs) },
    });
    await vi.waitUntil(() => waits.length >= 10, { timeout: 60_000, interval: 5 });
    await running.stop();
    expect(waits.slice(0, 10)).toEqual([...Array<number>(8).fill(1), 10, 20]);
  });

  it('is told by one process at a time', async () => {
    await account();
    const parts = { database, clock: () => NOW.getTime(), log, everyMs: 10 };
    const asked = { a: 0, b: 0 };
    const counting = (who: 'a' | 'b') => ({
      ...adapter(),
      prepare: () => Promise.resolve(),
      forget: () => Promise.resolve(),
      upsert: () => (asked[who]++, Promise.resolve({ told: [], refused: [] })),
    });
    const [a, b] = [
      startCrmSync({ ...parts, remote: counting('a') }),
      startCrmSync({ ...parts, remote: counting('b') }),
    ];
    await vi.waitUntil(() => asked.a + asked.b >= 5, { timeout: 180_000, interval: 5 });
    await Promise.all([a.stop(), b.stop()]);
    expect(Math.min(asked.a, asked.b)).toBe(0);
  });
});
