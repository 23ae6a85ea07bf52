import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../../activities/arbiter/policy.ts';
import { createBroadcastActivities } from '../../../activities/broadcast/create-broadcast-activities.ts';
import type { BroadcastDeps } from '../../../activities/broadcast/create-broadcast-activities.ts';
import { createPace } from '../../../activities/broadcast/pace.ts';
import { createEmbeddedCrm } from '../../../activities/crm/crm.ts';
import { createDeliver } from '../../../activities/deliver/deliver.ts';
import { createEmbeddedInApp } from '../../../activities/in-app/embedded-in-app.ts';
import type { OutgoingMail, SendResult } from '../../../activities/ports.ts';
import { createEmbeddedSms } from '../../../activities/sms/embedded-sms.ts';
import { readJourney } from '../../../db/queries/journeys/read-journey.ts';
import { takeTurns } from '../../../db/queries/leases/take-turns.ts';
import { placeHold } from '../../../db/queries/holds/place-hold.ts';
import { releaseHold } from '../../../db/queries/holds/release-hold.ts';
import { awaitInFlight } from '../../../db/queries/ledger/in-flight.ts';
import { accounts, broadcastItems, broadcasts, contacts, gates, journeys, messages } from '../../../db/schema/index.ts';
import type { DeliverOutcome } from '../../../workflows/contracts/journey.ts';
import { startRig } from '../../../workers/rehearse/rig.ts';
import type { Rig } from '../../../workers/rehearse/rig.ts';
import { testGround } from '../../support/ground.ts';

const START = Date.UTC(2026, 2, 2, 15, 0);
const MINUTE = 60_000;

let rig: Rig;
let time = START;
/** What has left, by address: the provider keeps one message a key, as the embedded one does. */
let left: Map<string, OutgoingMail>;
let sends = 0;
let answer: ((mail: OutgoingMail) => SendResult | undefined) | undefined;

beforeAll(async () => {
  rig = await startRig(await testGround(), { withoutWorker: true });
});
afterAll(() => rig.stop());
beforeEach(() => {
  time = START;
  left = new Map();
  sends = 0;
  answer = undefined;
  rig.setNow(time);
});

const at = (ms: number) => rig.setNow((time = ms));

function deps(more: Partial<BroadcastDeps> = {}): BroadcastDeps {
  return {
    database: rig.database,
    clock: () => time,
    mailer: {
      provider: 'embedded-test',
      send: async (mail) => {
        const said = answer?.(mail);
        if (said) return said;
        sends++;
        left.set(mail.key, mail);
        return { state: 'sent', providerId: mail.key, receipt: 'ok' };
      },
      close: async () => undefined,
    },
    sms: createEmbeddedSms(),
    inApp: createEmbeddedInApp(),
    crm: createEmbeddedCrm(),
    settings: {
      secret: 'a-secret-of-the-tests-only',
      publicUrl: 'https://tenure.test',
      mailFrom: 'Tenure <no-reply@tenure.test>',
      systemZone: 'UTC',
      policy: defaultPolicy,
    },
    log: rig.app.log,
    perSecond: 5_000,
    ...more,
  };
}

/** Accounts of their own plan-wide prefix, each with one contact. */
async function customers(count: number): Promise<string[]> {
  const prefix = `c${randomUUID().slice(0, 8)}`;
  const now = new Date(time);
  const ids = [...Array(count).keys()].map((i) => `${prefix}-${String(i).padStart(3, '0')}`);
  const base = {
    name: 'Acme',
    plan: 'starter',
    timeZone: 'Europe/Berlin',
    facts: {},
    rev: 1,
    createdAt: now,
    updatedAt: now,
  };
  const { db } = rig.database;
  await db.insert(accounts).values(ids.map((id) => ({ id, ...base })));
  await db.insert(gates).values(ids.map((accountId) => ({ accountId })));
  await db.insert(contacts).values(
    ids.map((id) => ({
      id: randomUUID(),
      accountId: id,
      role: 'primary',
      position: 0,
      name: 'Ada',
      email: `${id}@acme.test`,
    })),
  );
  return ids;
}

async function incidentFor(ids: string[], message = 'We are looking into it.') {
  const { status, body } = await rig.call<{ id: string; journey: string }>('POST', '/v1/incidents', {
    title: 'Conversations are delayed',
    severity: 'SEV-2',
    affected: { accounts: ids },
    message,
  });
  expect(status).toBe(201);
  return body;
}

/** The notice step falls due for the n-th time. */
async function begin(journeyId: string, n: number): Promise<DeliverOutcome> {
  const row = (await readJourney(rig.database.db, journeyId))!;
  const { snapshot: state, accountId } = row;
  const step = 'notice-email';
  const input = {
    journeyId,
    account: accountId,
    step,
    n,
    due: time,
    staleAfter: time + 120 * MINUTE,
    clockShift: 0,
    state,
  };
  return (await new MockActivityEnvironment().run(createDeliver(deps()), input)) as DeliverOutcome;
}

async function broadcastOf(journeyId: string, n: number) {
  const rows = await rig.database.db.select().from(broadcasts).where(eq(broadcasts.journeyId, journeyId));
  return rows.find((row) => row.n === n)!;
}

/** Pages as the workflow asks for them, until nothing is left or everybody waits. */
async function tell(broadcastId: string, more: Partial<BroadcastDeps> = {}) {
  const { runBroadcastPage } = createBroadcastActivities(deps(more));
  for (;;) {
    const page = (await new MockActivityEnvironment().run(runBroadcastPage, {
      version: 1 as const,
      broadcastId,
      clockShift: 0,
    })) as { more: boolean; afterMs: number };
    if (!page.more || page.afterMs > 0) return page;
  }
}

const outcomes = async (broadcastId: string) => {
  const rows = await rig.database.db
    .select({ outcome: broadcastItems.outcome, reason: broadcastItems.reason, n: sql<number>`count(*)::int` })
    .from(broadcastItems)
    .where(eq(broadcastItems.broadcastId, broadcastId))
    .groupBy(broadcastItems.outcome, broadcastItems.reason);
  return Object.fromEntries(rows.map((row) => [`${row.outcome} ${row.reason}`, row.n]));
};

describe('a notice to every affected account', () => {
  it('is frozen at once, told once each, and each account has its decision', async () => {
    const ids = await customers(12);
    const { journey, id } = await incidentFor(ids);
    expect(await begin(journey, 1)).toEqual({ is: 'sent' });
    const broadcast = await broadcastOf(journey, 1);
    expect(broadcast).toMatchObject({ total: 12, state: 'starting', update: 1 });
    expect(await tell(broadcast.id)).toEqual({ more: false, afterMs: 0 });
    expect(await outcomes(broadcast.id)).toEqual({ 'sent as-planned': 12 });
    expect([...left.values()].map((mail) => mail.to).sort()).toEqual(ids.map((one) => `${one}@acme.test`));
    const mail = [...left.values()][0]!;
    expect(mail.subject).toBe('Investigating: Conversations are delayed');
    expect(mail.text).toContain('We are looking into it.');
    expect(mail.text).toContain('https://tenure.test/status');
    expect(mail.headers['List-Unsubscribe']).toBeUndefined();
    type Decisions = { items: { outcome: string; kind: string; journey: string; step: string; details: object }[] };
    const { body } = await rig.call<Decisions>('GET', `/v1/decisions?account=${ids[3]}`);
    expect(body.items).toHaveLength(1);
    expect(body.items[0]).toMatchObject({ outcome: 'sent', kind: 'broadcast', journey, step: 'notice-email' });
    const view = await rig.call<{ notices: { id: string; outcomes: object }[] }>('GET', `/v1/incidents/${id}`);
    expect(view.body.notices[0]!.outcomes).toEqual({ sent: 12 });
  });

  it.each(['broadcast:reserved', 'broadcast:answered', 'broadcast:settled'])(
    'has every account told exactly once when the process dies again and again at %s',
    async (point) => {
      // More than five deaths take, also when two others in their hands die uncounted with each.
      const ids = await customers(40);
      const { journey } = await incidentFor(ids);
      await begin(journey, 1);
      const { id } = await broadcastOf(journey, 1);
      let passed = 0;
      let deaths = 0;
      for (let attempt = 0; attempt < 40; attempt++) {
        let dead = false;
        const never = new Promise<never>(() => undefined);
        const probe = async (where: string) => {
          if (dead) return never;
          if (where !== point || ++passed % 5 !== 0 || deaths >= 5) return;
          deaths++;
          dead = true;
          throw new Error('killed');
        };
        const page = await tell(id, { probe, atOnce: 3 }).catch(() => undefined);
        if (page && !page.more) break;
        // What the dead one had in its hands may be at the provider until its lease has ended.
        at(time + 31_000);
      }
      expect(deaths).toBe(5);
      expect(await outcomes(id)).toEqual({ 'sent as-planned': 40 });
      expect(new Set([...left.values()].map((mail) => mail.to)).size).toBe(40);
      expect(left.size).toBe(40);
      const rows = await rig.database.db.select().from(messages).where(eq(messages.journeyId, journey));
      expect(rows.map((row) => row.state)).toEqual(Array(40).fill('sent'));
      // Dead after the answer and before it was written: the same key again, which the provider knows.
      if (point !== 'broadcast:answered') expect(sends).toBe(40);
    },
  );

  it('gives way to newer word: who was not told yet is told only that', async () => {
    const ids = await customers(10);
    const { journey, id } = await incidentFor(ids);
    await begin(journey, 1);
    const first = await broadcastOf(journey, 1);
    let told = 0;
    const dies = { probe: async (where: string) => void (where === 'broadcast:settled' && ++told === 4 && fail()) };
    await tell(first.id, { ...dies, atOnce: 1 }).catch(() => undefined);
    at(time + MINUTE);
    await rig.call('POST', `/v1/incidents/${id}/commands`, {
      command: 'update',
      status: 'Identified',
      message: 'Found it.',
    });
    await begin(journey, 2);
    await tell(first.id);
    await tell((await broadcastOf(journey, 2)).id);
    expect(await outcomes(first.id)).toEqual({ 'sent as-planned': 4, 'skipped superseded': 6 });
    expect(await outcomes((await broadcastOf(journey, 2)).id)).toEqual({ 'sent as-planned': 10 });
  });

  it('goes on telling whoever it told, also once they are out of its scope, and nobody who never heard of it', async () => {
    const ids = await customers(4);
    const { journey, id } = await incidentFor(ids.slice(0, 3));
    const say = (body: object) => rig.call('POST', `/v1/incidents/${id}/commands`, body);
    await begin(journey, 1);
    await tell((await broadcastOf(journey, 1)).id);
    await say({ command: 'scope', affected: { accounts: ids } });
    await say({ command: 'scope', affected: { accounts: [ids[0]] } });
    await begin(journey, 2);
    expect(await broadcastOf(journey, 2)).toMatchObject({ total: 0 });
    await say({ command: 'resolve', verified: true });
    left.clear();
    await begin(journey, 3);
    await tell((await broadcastOf(journey, 3)).id);
    expect([...left.values()].map((mail) => mail.to).sort()).toEqual(ids.slice(0, 3).map((one) => `${one}@acme.test`));
    const { body } = await rig.call<{ items: object[] }>('GET', `/v1/holds?account=${ids[1]}`);
    expect(body.items).toEqual([]);
  });

  it('leaves what is reserved to whoever settles it when newer word comes: it may have left', async () => {
    const { journey, id } = await incidentFor(await customers(4));
    await begin(journey, 1);
    const first = await broadcastOf(journey, 1);
    let reserved = 0;
    const probe = async (where: string) => {
      if (where !== 'broadcast:reserved' || ++reserved !== 2) return;
      await rig.call('POST', `/v1/incidents/${id}/commands`, { command: 'update', message: 'Found it.' });
      await begin(journey, 2);
      fail();
    };
    await expect(tell(first.id, { probe, atOnce: 1 })).rejects.toThrow('unexpected');
    expect(await outcomes(first.id)).toEqual({ 'sent as-planned': 1, 'null null': 1, 'skipped superseded': 2 });
    expect(await tell(first.id)).toMatchObject({ more: true });
    at(time + 31_000);
    expect(await tell(first.id)).toEqual({ more: false, afterMs: 0 });
    expect(await outcomes(first.id)).toEqual({ 'sent as-planned': 1, 'sent in-doubt': 1, 'skipped superseded': 2 });
  });

  it('leaves what is reserved undecided when it gets too late, and skips what its provider has refused for now', async () => {
    const { journey } = await incidentFor(await customers(4));
    await begin(journey, 1);
    const { id } = await broadcastOf(journey, 1);
    const refusals: (SendResult | undefined)[] = [{ state: 'refused', kind: 'temporary', code: '451' }];
    answer = () => refusals.shift();
    let reserved = 0;
    const probe = async (where: string) => void (where === 'broadcast:reserved' && ++reserved === 3 && fail());
    await expect(tell(id, { probe, atOnce: 1 })).rejects.toThrow('unexpected');
    const { db } = rig.database;
    const late = time + 121 * MINUTE;
    const lease = { leaseUntil: new Date(late + 20_000) };
    await db
      .update(messages)
      .set(lease)
      .where(and(eq(messages.journeyId, journey), isNotNull(messages.leaseUntil), eq(messages.state, 'intended')));
    at(late);
    expect(await tell(id)).toMatchObject({ more: true });
    expect(await outcomes(id)).toEqual({ 'sent as-planned': 1, 'null null': 1, 'skipped stale': 2 });
    at(late + 21_000);
    expect(await tell(id)).toEqual({ more: false, afterMs: 0 });
    expect(await outcomes(id)).toEqual({ 'sent as-planned': 1, 'sent in-doubt': 1, 'skipped stale': 2 });
  });

  it('asks the arbiter about each: suppressed and closed accounts are passed over, a hold by a person is waited for', async () => {
    const ids = await customers(4);
    const { journey } = await incidentFor(ids);
    const { db } = rig.database;
    const now = new Date(time);
    const { hold } = await placeHold(db, { accountId: ids[0]!, reason: 'a call', actor: 'grace', now, patienceMs: 0 });
    await begin(journey, 1);
    await db.update(accounts).set({ closedAt: now }).where(eq(accounts.id, ids[1]!));
    await db.update(contacts).set({ email: null }).where(eq(contacts.accountId, ids[2]!));
    const { id } = await broadcastOf(journey, 1);
    expect(await tell(id)).toMatchObject({ more: true });
    expect(await outcomes(id)).toEqual({
      'dropped account-closed': 1,
      'skipped no-contact-with-email': 1,
      'sent as-planned': 1,
      'null on-hold': 1,
    });
    await releaseHold(db, { id: hold.id, actor: 'grace', reason: 'over', now: new Date(time), perSecond: 5 });
    at(time + 2 * MINUTE);
    expect(await tell(id)).toEqual({ more: false, afterMs: 0 });
    expect(await outcomes(id)).toMatchObject({ 'sent as-planned': 2 });
  });

  it('tells nobody more once its journey is paused, in the middle of a page, and goes on when that is over', async () => {
    const ids = await customers(6);
    const { journey } = await incidentFor(ids);
    await begin(journey, 1);
    const { id } = await broadcastOf(journey, 1);
    const flag = (stopFlag: string | null) =>
      rig.database.db.update(journeys).set({ stopFlag }).where(eq(journeys.id, journey));
    let told = 0;
    const probe = async (where: string) =>
      void (where === 'broadcast:settled' && ++told === 2 && (await flag('paused')));
    expect(await tell(id, { probe, atOnce: 1 })).toMatchObject({ more: true });
    expect(await outcomes(id)).toEqual({ 'sent as-planned': 2, 'null paused': 4 });
    await flag(null);
    at(time + 2 * MINUTE);
    expect(await tell(id)).toEqual({ more: false, afterMs: 0 });
    expect(await outcomes(id)).toMatchObject({ 'sent as-planned': 6 });
  });

  it('whoever pauses its journey waits for what is at a provider, and for no more than that', async () => {
    const ids = await customers(4);
    const { journey } = await incidentFor(ids);
    await begin(journey, 1);
    const { id } = await broadcastOf(journey, 1);
    const { db } = rig.database;
    const inFlight = (patienceMs: number) => awaitInFlight(db, { journeyId: journey }, new Date(time), patienceMs);
    let told = 0;
    let paused: Promise<[number, number]> | undefined;
    const probe = async (where: string) => {
      if (where !== 'broadcast:reserved' || ++told !== 2) return;
      await db.update(journeys).set({ stopFlag: 'paused' }).where(eq(journeys.id, journey));
      expect(await inFlight(0)).toBe(1);
      expect(await awaitInFlight(db, { journeyId: randomUUID() }, new Date(time), 0)).toBe(0);
      paused = inFlight(10_000).then((still) => [still, left.size]);
    };
    await tell(id, { probe, atOnce: 1 });
    expect(await paused).toEqual([0, 2]);
    expect(left.size).toBe(2);
  });

  it('tells nobody more once staff have ended its journey, and its last word where it ended by itself', async () => {
    const ended = async (how: string) => {
      const { journey } = await incidentFor(await customers(2));
      await begin(journey, 1);
      const snapshot = sql`jsonb_set(${journeys.snapshot}, '{ended}', ${JSON.stringify({ how })}::jsonb)`;
      await rig.database.db.update(journeys).set({ snapshot, stopFlag: 'exited' }).where(eq(journeys.id, journey));
      const { id } = await broadcastOf(journey, 1);
      expect(await tell(id)).toEqual({ more: false, afterMs: 0 });
      return outcomes(id);
    };
    expect(await ended('command')).toEqual({ 'dropped journey-exited': 2 });
    expect(await ended('goal')).toEqual({ 'sent as-planned': 2 });
  });

  it('keeps its notices while staff ask for its end, and tells them when that is refused', async () => {
    const { journey } = await incidentFor(await customers(2));
    await begin(journey, 1);
    const { id } = await broadcastOf(journey, 1);
    const flag = (of: { stopFlag: string | null; stopCommand: string | null }) =>
      rig.database.db.update(journeys).set(of).where(eq(journeys.id, journey));
    await flag({ stopFlag: 'exited', stopCommand: 'x1' });
    expect(await tell(id)).toMatchObject({ more: true });
    expect(await outcomes(id)).toEqual({ 'null journey-exited': 2 });
    await flag({ stopFlag: null, stopCommand: null });
    at(time + 2 * MINUTE);
    expect(await tell(id)).toEqual({ more: false, afterMs: 0 });
    expect(await outcomes(id)).toEqual({ 'sent as-planned': 2 });
  });

  it('writes an answer again that the database did not take at once, rather than to ask the provider twice', async () => {
    const { journey } = await incidentFor(await customers(2));
    await begin(journey, 1);
    const { id } = await broadcastOf(journey, 1);
    let away = 2;
    const database = {
      ...rig.database,
      db: new Proxy(rig.database.db, {
        get: (db, name) =>
          name === 'transaction' && sends > 0 && away > 0
            ? () => (away--, Promise.reject(Object.assign(new Error('away'), { code: '57P01' })))
            : Reflect.get(db, name),
      }),
    };
    expect(await tell(id, { database, atOnce: 1 })).toEqual({ more: false, afterMs: 0 });
    expect({ away, sends }).toEqual({ away: 0, sends: 2 });
    expect(await outcomes(id)).toEqual({ 'sent as-planned': 2 });
  });

  it('waits for a provider that is down and is not sent at all when it is too late', async () => {
    const ids = await customers(6);
    const { journey } = await incidentFor(ids);
    await begin(journey, 1);
    const { id } = await broadcastOf(journey, 1);
    answer = () => ({ state: 'refused', kind: 'unavailable', code: 'ECONNREFUSED' });
    expect(await tell(id, { atOnce: 1 })).toMatchObject({ more: true });
    expect(left.size).toBe(0);
    answer = undefined;
    for (let k = 0; k < 4; k++) {
      at(time + MINUTE);
      await tell(id, { atOnce: 1 });
    }
    expect(await outcomes(id)).toEqual({ 'sent as-planned': 6 });
    const late = await incidentFor(await customers(3));
    await begin(late.journey, 1);
    at(time + 121 * MINUTE);
    const missed = await broadcastOf(late.journey, 1);
    expect(await tell(missed.id)).toEqual({ more: false, afterMs: 0 });
    expect(await outcomes(missed.id)).toEqual({ 'skipped stale': 3 });
  });

  it('says why there was nothing to do: nobody affected, or nothing told to the public yet', async () => {
    const { body } = await rig.call<{ journey: string; id: string }>('POST', '/v1/incidents', { title: 'Something' });
    expect(await begin(body.journey, 1)).toEqual({ is: 'skipped', reason: 'nothing-to-tell' });
    await rig.call('POST', `/v1/incidents/${body.id}/commands`, { command: 'update', message: 'We look.' });
    expect(await begin(body.journey, 2)).toEqual({ is: 'skipped', reason: 'nobody-affected' });
  });
});

describe('the pace', () => {
  it('gives so many turns a second to all processes together, without a burst after a rest', async () => {
    const queue = { name: `pace:${randomUUID()}`, everyMs: 10 };
    const take = (turns: number) =>
      takeTurns(rig.database.db, { ...queue, turns, now: new Date() }).then((at) => at.getTime());
    const [one, other] = [createPace(100, take), createPace(100, take)];
    await Promise.all([one(), other()]);
    await new Promise((resolve) => setTimeout(resolve, 120));
    const turns = async (pace: () => Promise<void>) => {
      const at: number[] = [];
      for (let k = 0; k < 50; k++) await pace().then(() => at.push(performance.now()));
      return at;
    };
    const at = (await Promise.all([turns(one), turns(other)])).flat().sort((a, b) => a - b);
    // What each has left of those it took before its rest is gone, or was for now.
    expect(at.at(-1)! - at[0]!).toBeGreaterThan(550);
  });

  it('hands out each turn once, from now on, and makes up for no rest', async () => {
    const queue = { name: `pace:${randomUUID()}`, everyMs: 10 };
    const take = (turns: number, now: number) =>
      takeTurns(rig.database.db, { ...queue, turns, now: new Date(now) }).then((from) => from.getTime() - START);
    expect(await take(10, START)).toBe(0);
    expect((await Promise.all([take(10, START), take(10, START)])).sort()).toEqual([100, 200]);
    expect(await take(5, START + 250)).toBe(300);
    expect(await take(5, START + 1_000)).toBe(1_000);
  });
});

function fail(): never {
  throw new Error('killed');
}
