import { randomUUID } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Tx } from '../../../db/database.ts';
import { insertCommand } from '../../../db/queries/commands/insert-command.ts';
import { refuseCommand } from '../../../db/queries/commands/refuse-command.ts';
import { closeCircuit, openCircuit } from '../../../db/queries/holds/circuit.ts';
import { holdForJourney, releaseJourneyHold } from '../../../db/queries/holds/journey-hold.ts';
import { placeHold } from '../../../db/queries/holds/place-hold.ts';
import { placeStop } from '../../../db/queries/holds/place-stop.ts';
import { releaseHold } from '../../../db/queries/holds/release-hold.ts';
import { releaseOverStops } from '../../../db/queries/holds/release-over-holds.ts';
import { releaseStop } from '../../../db/queries/holds/release-stop.ts';
import { holdAffected, releaseAffected } from '../../../db/queries/incidents/hold-affected.ts';
import { insertIncident } from '../../../db/queries/incidents/insert-incident.ts';
import { deliveries, incidentAccounts, recipients, waiters } from '../../../db/schema/index.ts';
import { Playbook } from '../../../workflows/contracts/playbook.ts';
import { doneOrBlocked } from '../../support/interleave.ts';
import { HOUR, START, addAccount, addContact, addJourney, createWorld, publish } from './fixture.ts';
import type { World } from './fixture.ts';

const mail = { kind: 'message', class: 'service', channel: 'email', due: { window: 'none' }, template: 'plain_mail' };
const several = Playbook.parse({
  id: '900.several',
  kind: 'trial',
  title: 'Notices to several',
  summary: '',
  fulfils: ['002.trial'],
  reads: { facts: {}, metrics: {}, events: {} },
  stages: [
    {
      ...{ id: 'only', title: 'Only', enter: 'journey' },
      steps: [{ id: 'both', title: 'Both', to: ['primary', 'executive'], ...mail }],
    },
  ],
});

let world: World;
let of: Awaited<ReturnType<typeof publish>>;
beforeAll(async () => {
  world = await createWorld();
  of = await publish(world, several);
});
afterAll(() => world.close());
beforeEach(() => {
  world.time.now = START;
  world.mailer.left.length = 0;
});

const now = new Date(START);
const by = { actor: 'grace', reason: 'x', now, patienceMs: 0 };
const perSecond = 5;
const inTx = <T>(work: (tx: Tx) => Promise<T>) => world.db.transaction(work);
const tellings = (journeyId: string) => world.db.select().from(deliveries).where(eq(deliveries.journeyId, journeyId));
const waiting = (journeyId: string) => world.db.select().from(waiters).where(eq(waiters.journeyId, journeyId));

type Held = { hold: string; end: () => Promise<unknown> };
type Place = (of: { account: string; journey: string; other: string }) => Promise<Held>;

const placed: Record<string, Place> = {
  'the stop of a dead provider': async () => {
    const provider = 'fake-smtp';
    await inTx((tx) => openCircuit(tx, { provider, reason: 'x', now, probeAt: new Date(START + HOUR) }));
    return { hold: `provider:${provider}`, end: () => inTx((tx) => closeCircuit(tx, { provider, now, perSecond })) };
  },
  'a stop by staff': async () => {
    const { id } = (await placeStop(world.db, { ...by, scope: 'global' })).stop;
    return { hold: `stop:${id}`, end: () => releaseStop(world.db, { ...by, id, perSecond }) };
  },
  'a stop whose time is over': async () => {
    const until = new Date(START + 1);
    const { id } = (await placeStop(world.db, { ...by, scope: 'channel', target: 'email', until })).stop;
    return { hold: `stop:${id}`, end: () => releaseOverStops(world.db, { now: until, perSecond }) };
  },
  'a hold by staff': async ({ account: accountId }) => {
    const { id } = (await placeHold(world.db, { ...by, accountId })).hold;
    return { hold: `hold:${id}`, end: () => releaseHold(world.db, { ...by, id, perSecond }) };
  },
  'the hold of another journey': async ({ account: accountId, other: journeyId }) => {
    const given = { journeyId, accountId, level: 'churn-save', reason: 'x', now, perSecond };
    await inTx((tx) => holdForJourney(tx, given));
    return { hold: 'hold:', end: () => inTx((tx) => releaseJourneyHold(tx, given)) };
  },
  'the hold of an incident': async ({ account: accountId, other: journeyId }) => {
    const id = randomUUID();
    const row = { id, kind: 'platform', title: 'x', status: 'Investigating', source: 'api', journeyId } as const;
    await inTx(async (tx) => {
      await insertIncident(tx, { ...row, accounts: 1, updates: 0, openedBy: 'x', openedAt: now });
      await tx.insert(incidentAccounts).values({ incidentId: id, accountId, plan: 'starter', addedAt: now });
      await holdAffected(tx, { incidentId: id, level: 'sev1', reason: 'x', by: 'x', now });
    });
    const end = () => inTx((tx) => releaseAffected(tx, { incidentId: id, only: 'all', by: 'x', now, perSecond }));
    return { hold: 'hold:', end };
  },
  'a pause that its journey refuses': async ({ journey: journeyId }) => {
    const run = { id: 'p1', name: 'pause' as const, until: null, clock: null };
    const { actor, reason } = by;
    const command = { journeyId, id: 'p1', run, bodyHash: 'x', actor, reason, receivedAt: now };
    await inTx((tx) => insertCommand(tx, command));
    return {
      hold: 'paused',
      end: () => inTx((tx) => refuseCommand(tx, { journeyId, id: 'p1', refusal: {}, now })),
    };
  },
};

describe('who is being held at the very moment at which it ends', () => {
  it.each(Object.keys(placed))('is woken: %s', async (name) => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    const other = await addJourney(world, account.id, { key: 'other' });
    const { hold, end } = await placed[name]!({ account: account.id, journey: journey.id, other: other.id });
    let ending: Promise<unknown> | undefined;
    const probe = async (point: string) => {
      if (point === 'reserve:decided') await doneOrBlocked(world.database, (ending = end()));
    };
    const outcome = await world.run('deliver', journey.touch('service'), { probe });
    expect(outcome).toMatchObject({ is: 'held', hold: expect.stringContaining(hold) as unknown });
    await ending;
    const { hold: named } = outcome as { hold: string };
    expect(await tellings(journey.id)).toMatchObject([{ happening: { t: 'released', hold: named } }]);
    expect(await waiting(journey.id)).toEqual([]);
    expect(await world.run('deliver', journey.touch('service'))).toEqual({ is: 'sent' });
  });

  it('is asked again at once where the one of several was held before the step itself waits', async () => {
    const account = await addAccount(world);
    const executive = await addContact(world, account.id, { role: 'executive', position: 1 });
    const journey = await addJourney(world, account.id, { of });
    const { id } = (await placeHold(world.db, { ...by, accountId: account.id, contactId: executive.id })).hold;
    let turns = 0;
    const probe = async (point: string) => {
      if (point === 'several:reserved' && ++turns === 2) await releaseHold(world.db, { ...by, id, perSecond });
    };
    const touch = journey.touch('both');
    await expect(world.run('deliver', touch, { probe })).rejects.toMatchObject({ type: 'more-recipients' });
    expect(await waiting(journey.id)).toEqual([]);
    expect(await world.run('deliver', touch)).toEqual({ is: 'sent' });
    expect(world.mailer.left.map((one) => one.to)).toEqual([account.email, executive.email]);
  });

  it('waits among several for what somebody may end, and no longer than for the earliest clock', async () => {
    const account = await addAccount(world);
    const executive = await addContact(world, account.id, { role: 'executive', position: 1 });
    const journey = await addJourney(world, account.id, { of });
    const { hold } = await placeHold(world.db, { ...by, accountId: account.id, contactId: executive.id });
    const clock = new Date(START + HOUR);
    const probe = async (point: string) => {
      if (point !== 'several:reserved') return;
      // As if the first were in their quiet hours.
      const first = and(eq(recipients.journeyId, journey.id), eq(recipients.contactId, account.contact));
      const quiet = { outcome: 'held', hold: 'quiet-hours', reason: 'quiet-hours', recheck: clock };
      await world.db.update(recipients).set(quiet).where(first);
    };
    const outcome = await world.run('deliver', journey.touch('both'), { probe });
    expect(outcome).toMatchObject({ is: 'held', hold: `hold:${hold.id}`, recheck: clock.getTime() });
    await releaseHold(world.db, { ...by, id: hold.id, perSecond });
    expect(await tellings(journey.id)).toMatchObject([{ happening: { t: 'released' } }]);
  });
});

describe('a stop that ends by its time', () => {
  it('lets nobody go by themselves: they are woken at the set rate', async () => {
    const until = new Date(START + HOUR);
    await placeStop(world.db, { ...by, scope: 'playbook', target: '900.test', until });
    const journeys = await Promise.all([1, 2, 3].map(async () => addJourney(world, (await addAccount(world)).id)));
    for (const journey of journeys) {
      const outcome = await world.run('deliver', journey.touch('service'));
      expect((outcome as { recheck: number }).recheck).toBeGreaterThan(until.getTime() + HOUR);
    }
    expect(await releaseOverStops(world.db, { now: new Date(until.getTime() - 1), perSecond: 1 })).toMatchObject({
      released: 0,
    });
    expect(await releaseOverStops(world.db, { now: until, perSecond: 1 })).toEqual({ released: 1, woken: 3 });
    const told = (await Promise.all(journeys.map((one) => tellings(one.id)))).flat();
    expect(told.map((one) => one.notBefore.getTime() - until.getTime()).sort()).toEqual([0, 1000, 2000]);
    expect(await releaseOverStops(world.db, { now: until, perSecond: 1 })).toEqual({ released: 0, woken: 0 });
  });
});
