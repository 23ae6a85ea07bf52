import { setTimeout as delay } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../db/database.ts';
import type { Database } from '../../../db/database.ts';
import { insertCommand } from '../../../db/queries/commands/insert-command.ts';
import { refuseCommand } from '../../../db/queries/commands/refuse-command.ts';
import { placeHold } from '../../../db/queries/holds/place-hold.ts';
import { placeStop } from '../../../db/queries/holds/place-stop.ts';
import { releaseHold } from '../../../db/queries/holds/release-hold.ts';
import { releaseStop } from '../../../db/queries/holds/release-stop.ts';
import { awaitInFlight } from '../../../db/queries/ledger/in-flight.ts';
import { accounts, deliveries, tasks, waiters } from '../../../db/schema/index.ts';
import { defaultPolicy } from '../../../activities/arbiter/policy.ts';
import { eventually } from '../../support/eventually.ts';
import { START, addAccount, addJourney, createWorld } from './fixture.ts';
import type { World } from './fixture.ts';

let world: World;
/** The API's own connections. */
let api: Database;
beforeAll(async () => {
  world = await createWorld();
  api = openDatabase(world.url, { max: 2 });
});
afterAll(async () => {
  await api.close();
  await world.close();
});
beforeEach(() => {
  world.time.now = START;
  world.mailer.left.length = 0;
  world.mailer.answers.length = 0;
});

const by = { actor: 'grace', reason: 'a call is going on', now: new Date(START) };
const journeysOf = (account: string, n: number) =>
  Promise.all([...Array(n).keys()].map((k) => addJourney(world, account, { key: `k${k}` })));
const slowly = (n: number) => {
  for (let k = 0; k < n; k++) world.mailer.answers.push(async () => void (await delay(120 + (k % 5) * 40)));
};
const policy = { ...defaultPolicy, caps: [] };

describe('after it was accepted, nothing leaves', () => {
  /** Touches begin while `accept` happens; whatever leaves after it was answered is counted. */
  async function leftAfter(account: string, accept: () => Promise<unknown>, step = 'mail') {
    const journeys = await journeysOf(account, 24);
    slowly(24);
    const settings = { ...world.deps.settings, policy };
    const begin = async (journey: (typeof journeys)[number], k: number) => {
      await delay(k * 4);
      return world.run('deliver', journey.touch(step), { settings });
    };
    const touches = journeys.slice(0, 20).map(begin);
    await eventually('one is at its provider', () => world.mailer.answers.length < 24);
    await accept();
    const left = world.mailer.left.length;
    const outcomes = await Promise.all([...touches, ...journeys.slice(20).map(begin)]);
    return {
      before: left,
      after: world.mailer.left.length - left,
      held: outcomes.filter((o) => o?.is === 'held').length,
    };
  }

  it('of a hold', async () => {
    const account = await addAccount(world);
    const seen = await leftAfter(account.id, () => placeHold(api.db, { ...by, accountId: account.id }));
    expect(seen).toMatchObject({ after: 0 });
    expect(seen.before).toBeGreaterThan(0);
    expect(seen.before + seen.held).toBe(24);
    expect(seen.held).toBeGreaterThan(0);
  });

  it.each(['global', 'channel', 'provider', 'playbook'] as const)(
    'of a %s stop, until it is released',
    async (scope) => {
      const account = await addAccount(world);
      const target = { global: null, channel: 'email', provider: 'fake-smtp', playbook: '900.test' }[scope];
      let stop = '';
      const seen = await leftAfter(account.id, async () => {
        stop = (await placeStop(api.db, { ...by, scope, target })).stop.id;
      });
      expect(seen).toMatchObject({ after: 0 });
      expect(seen.held).toBeGreaterThan(0);
      await releaseStop(world.db, { ...by, id: stop, perSecond: 5 });
    },
  );

  it('of a pause: its flag holds back with no worker and no engine', async () => {
    const account = await addAccount(world);
    const [journey] = await journeysOf(account.id, 1);
    const run = { id: 'p1', name: 'pause' as const, until: null, clock: null };
    const { reason, actor } = by;
    await world.db.transaction((tx) =>
      insertCommand(tx, { journeyId: journey!.id, id: 'p1', run, bodyHash: 'x', reason, actor, receivedAt: by.now }),
    );
    await awaitInFlight(world.db, { accountId: account.id }, by.now, 1_000);
    expect(await world.run('deliver', journey!.touch('mail'))).toMatchObject({ is: 'held', hold: 'paused' });
    expect(await world.run('deliver', journey!.touch('call'))).toMatchObject({ is: 'held', hold: 'paused' });
    expect(world.mailer.left).toHaveLength(0);
    expect(await world.run('deliver', journey!.touch('legal'))).toMatchObject({ is: 'sent' });
  });

  it('of an exit, legal notices included, until it is refused', async () => {
    const account = await addAccount(world);
    const [journey] = await journeysOf(account.id, 1);
    const run = { id: 'x1', name: 'exit' as const };
    const { reason, actor } = by;
    await world.db.transaction((tx) =>
      insertCommand(tx, { journeyId: journey!.id, id: 'x1', run, bodyHash: 'x', reason, actor, receivedAt: by.now }),
    );
    for (const step of ['mail', 'legal', 'call'])
      expect(await world.run('deliver', journey!.touch(step))).toMatchObject({
        ...{ is: 'held', hold: 'paused', reason: 'journey-exited' },
      });
    expect(world.mailer.left).toHaveLength(0);
    const alarms = await world.db.select().from(tasks).where(eq(tasks.journeyId, journey!.id));
    expect(alarms).toMatchObject([{ step: 'legal', state: 'open', key: `${journey!.id}/legal/1/legal-kept-back` }]);
    const refused = { journeyId: journey!.id, id: 'x1', refusal: { code: 'rev-changed' }, now: by.now };
    await world.db.transaction((tx) => refuseCommand(tx, refused));
    const woken = await world.db.select().from(deliveries).where(eq(deliveries.journeyId, journey!.id));
    expect(woken.map((one) => one.happening)).toMatchObject([{ t: 'released', hold: 'paused' }]);
    for (const step of ['mail', 'legal'])
      expect(await world.run('deliver', journey!.touch(step))).toMatchObject({ is: 'sent' });
  });

  it('of the erasure of an account in the middle of its journey', async () => {
    const account = await addAccount(world);
    const [journey] = await journeysOf(account.id, 1);
    await world.db.update(accounts).set({ erasedAt: by.now }).where(eq(accounts.id, account.id));
    expect(await world.run('deliver', journey!.touch('legal'))).toEqual({ is: 'dropped', reason: 'account-erased' });
    expect(world.mailer.left).toHaveLength(0);
  });
});

describe('a hold that ends', () => {
  it('wakes what waits on it, highest class first, at the set rate, each once', async () => {
    const account = await addAccount(world);
    const { hold } = await placeHold(api.db, { ...by, accountId: account.id });
    const journeys = await journeysOf(account.id, 3);
    for (const [k, step] of ['mail', 'service', 'mail'].entries()) {
      world.time.now = START + k;
      expect(await world.run('deliver', journeys[k]!.touch(step))).toMatchObject({
        is: 'held',
        hold: `hold:${hold.id}`,
        reason: 'on-hold',
      });
    }
    const { woken } = await releaseHold(world.db, { ...by, id: hold.id, perSecond: 2 });
    expect(woken).toBe(3);
    const told = await world.db
      .select()
      .from(deliveries)
      .where(eq(deliveries.accountId, account.id))
      .orderBy(deliveries.seq);
    expect(told.map((d) => d.journeyId)).toEqual([journeys[1]!.id, journeys[0]!.id, journeys[2]!.id]);
    expect(told.map((d) => d.notBefore.getTime() - START)).toEqual([0, 0, 1000]);
    expect(told[0]!.happening).toMatchObject({
      t: 'released',
      hold: `hold:${hold.id}`,
      id: `released:${hold.id}:${journeys[1]!.id}`,
    });
    expect(
      await world.db
        .select()
        .from(waiters)
        .where(eq(waiters.hold, `hold:${hold.id}`)),
    ).toHaveLength(0);
    await expect(releaseHold(world.db, { ...by, id: hold.id, perSecond: 2 })).rejects.toMatchObject({
      code: 'already-decided',
    });
  });

  it('lets a touch that is decided again be sent', async () => {
    const account = await addAccount(world);
    const { hold } = await placeHold(api.db, { ...by, accountId: account.id, contactId: account.contact });
    const [journey] = await journeysOf(account.id, 1);
    expect(await world.run('deliver', journey!.touch('mail'))).toMatchObject({ is: 'held' });
    await releaseHold(world.db, { ...by, id: hold.id, perSecond: 2 });
    expect(await world.run('deliver', journey!.touch('mail'))).toMatchObject({ is: 'sent' });
  });
});

describe('one account, one voice', () => {
  it('lets exactly one of two touches through a cap of one, however they race', async () => {
    for (let round = 0; round < 10; round++) {
      const account = await addAccount(world);
      const [one, two] = await journeysOf(account.id, 2);
      world.mailer.left.length = 0;
      const capped = {
        ...defaultPolicy,
        caps: [{ channel: 'email' as const, class: 'marketing' as const, limit: 1, days: 7 }],
      };
      const settings = { ...world.deps.settings, policy: capped };
      const outcomes = await Promise.all([
        world.run('deliver', one!.touch('mail'), { settings }),
        world.run('deliver', two!.touch('mail-2'), { settings }),
      ]);
      expect(outcomes.map((o) => o?.is).sort()).toEqual(['sent', 'skipped']);
      expect(world.mailer.left).toHaveLength(1);
    }
  });

  it('sends once when two attempts of one touch run at the same moment', async () => {
    const account = await addAccount(world);
    const [journey] = await journeysOf(account.id, 1);
    const input = journey!.touch('mail');
    const attempts = [world.run('deliver', input), world.run('deliver', input)];
    // The one at the provider stays there until the other has ended.
    const other = Promise.race(attempts.map((attempt) => attempt.catch(() => undefined)));
    world.mailer.answers.push(async () => void (await other));
    const both = await Promise.allSettled(attempts);
    expect(both.map((r) => r.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find((r) => r.status === 'rejected')).toMatchObject({ reason: { type: 'lease-held' } });
    expect(world.mailer.left).toHaveLength(1);
  });
});
