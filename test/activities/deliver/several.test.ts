import type { ApplicationFailure } from '@temporalio/common';
import { and, asc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { placeHold } from '../../../db/queries/holds/place-hold.ts';
import { decisions, journeys, messages, recipients } from '../../../db/schema/index.ts';
import type { DeliverInput, DeliverOutcome, State } from '../../../workflows/contracts/journey.ts';
import { Playbook } from '../../../workflows/contracts/playbook.ts';
import { countPoints, runAndCrash, runToOutcome } from './crashing.ts';
import { HOUR, START, addAccount, addContact, addJourney, createWorld, publish, quietEnvironment } from './fixture.ts';
import type { World } from './fixture.ts';

const mail = { kind: 'message', channel: 'email', due: { window: 'none' }, template: 'plain_mail' };
const several = Playbook.parse({
  id: '900.several',
  kind: 'trial',
  title: 'Notices to several',
  summary: '',
  fulfils: ['002.trial'],
  reads: { facts: {}, metrics: {}, events: {} },
  stages: [
    {
      id: 'only',
      title: 'Only',
      enter: 'journey',
      steps: [
        { id: 'roles', title: 'Roles', class: 'service', to: ['primary', 'executive', 'billing'], ...mail },
        { id: 'marketing', title: 'Marketing', class: 'marketing', to: ['primary', 'executive'], ...mail },
        { id: 'all', title: 'All', class: 'service', to: '*', ...mail },
        {
          ...{ id: 'again', title: 'Again', class: 'service', to: ['primary', 'executive'], ...mail },
          late: { within: 'P1D', otherwise: 'replan' },
        },
      ],
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
  world.mailer.answers.length = 0;
});

async function company(more: Parameters<typeof addAccount>[1] = {}) {
  const account = await addAccount(world, more);
  const executive = await addContact(world, account.id, { role: 'executive', position: 1 });
  const billing = await addContact(world, account.id, { role: 'billing', position: 2 });
  const journey = await addJourney(world, account.id, { of });
  return { account, executive, billing, journey };
}

async function stands(journeyId: string, step: string) {
  const mine = and(eq(messages.journeyId, journeyId), eq(messages.step, step));
  const rows = await world.db.select().from(messages).where(mine);
  const said = await world.db
    .select()
    .from(decisions)
    .where(and(eq(decisions.journeyId, journeyId), eq(decisions.step, step)));
  const people = await world.db
    .select()
    .from(recipients)
    .where(and(eq(recipients.journeyId, journeyId), eq(recipients.step, step)))
    .orderBy(asc(recipients.position));
  return { rows, said, people };
}

/** What the decision says became of each. */
const fates = (said: { details: Record<string, unknown> }[]) =>
  (said[0]!.details.contacts as { outcome: string; reason: string }[]).map((one) => `${one.outcome} ${one.reason}`);

async function holdFor(accountId: string, contactId: string) {
  const until = new Date(START + 2 * HOUR);
  const given = { accountId, contactId, until, reason: 'x', actor: 'test', now: new Date(START), patienceMs: 0 };
  return { hold: (await placeHold(world.db, given)).hold, until };
}

const flag = (journeyId: string, stopFlag: 'paused' | 'exited' | null) =>
  world.db.update(journeys).set({ stopFlag }).where(eq(journeys.id, journeyId));

/** The provider, at which something happens while the first message is there. */
function meanwhile(happens: () => unknown) {
  let first = true;
  const send = async (out: Parameters<World['mailer']['send']>[0]) => {
    if (first) await happens();
    first = false;
    return world.mailer.send(out);
  };
  return { ...world.mailer, send };
}

/** One attempt, and a next one only where a machine that stalls took the time of whoever is left. */
async function tell(input: DeliverInput): Promise<DeliverOutcome> {
  for (;;)
    try {
      return (await world.run('deliver', input))!;
    } catch (error) {
      const { type, nextRetryDelay } = error as ApplicationFailure;
      if (type !== 'more-recipients' || nextRetryDelay !== 1) throw error;
    }
}

describe('a notice to several', () => {
  it('tells one contact of each role, each by a ledger row of their own, and says so in one decision without an address', async () => {
    const { account, executive, billing, journey } = await company();
    expect(await tell(journey.touch('roles'))).toEqual({ is: 'sent' });
    expect(world.mailer.left.map((one) => one.to).sort()).toEqual(
      [account.email, executive.email, billing.email].sort(),
    );
    expect(new Set(world.mailer.left.map((one) => one.messageId)).size).toBe(3);
    const { rows, said } = await stands(journey.id, 'roles');
    expect(rows.map((one) => one.state)).toEqual(['sent', 'sent', 'sent']);
    expect(said).toMatchObject([
      {
        outcome: 'sent',
        reason: 'as-planned',
        details: {
          contacts: [account.contact, executive.id, billing.id].map((contact) => ({
            contact,
            outcome: 'sent',
            reason: 'as-planned',
          })),
        },
      },
    ]);
    expect(JSON.stringify(said)).not.toContain('@');
  });

  it('leaves out roles that nobody has and tells nobody twice; `*` tells everybody who has the channel', async () => {
    const account = await addAccount(world);
    await addContact(world, account.id, { role: 'silent', position: 1, email: null });
    const journey = await addJourney(world, account.id, { of });
    expect(await tell(journey.touch('roles'))).toEqual({ is: 'sent' });
    expect(await tell(journey.touch('all'))).toEqual({ is: 'sent' });
    expect(world.mailer.left.map((one) => one.to)).toEqual([account.email, account.email]);
  });

  it('decides about each by their own consent, and is skipped when nobody may be told', async () => {
    const { account, executive, journey } = await company({ email: false });
    expect(await tell(journey.touch('marketing'))).toEqual({ is: 'sent' });
    expect(world.mailer.left.map((one) => one.to)).toEqual([executive.email]);
    const { said } = await stands(journey.id, 'marketing');
    expect(said[0]!.details.contacts).toEqual([
      { contact: account.contact, outcome: 'skipped', reason: 'unsubscribed' },
      { contact: executive.id, outcome: 'sent', reason: 'as-planned' },
    ]);
    const nobody = await addAccount(world, { noEmail: true });
    const silent = await addJourney(world, nobody.id, { of });
    expect(await tell(silent.touch('roles'))).toEqual({
      is: 'skipped',
      reason: 'no-contact-with-email',
    });
  });

  it('is held while all who can be told wait, and tells whom it froze when somebody was told before', async () => {
    const { account, journey } = await company();
    const until = new Date(START + 2 * HOUR);
    const { hold } = await placeHold(world.db, {
      accountId: account.id,
      reason: 'x',
      until,
      actor: 'test',
      now: new Date(START),
      patienceMs: 0,
    });
    expect(await tell(journey.touch('roles'))).toMatchObject({
      is: 'held',
      hold: `hold:${hold.id}`,
      recheck: until.getTime(),
    });
    const waits = { outcome: 'held', reason: 'on-hold', details: { hold: hold.id } };
    expect((await stands(journey.id, 'roles')).said).toMatchObject([waits]);
    world.time.now = until.getTime() + 1;
    expect(await tell(journey.touch('roles'))).toEqual({ is: 'sent' });
    expect(world.mailer.left).toHaveLength(3);
  });

  it('goes on with the others when a provider refuses one for now, and comes back for that one alone', async () => {
    const { journey, executive } = await company();
    world.mailer.answers.push(
      async (out) => (out.to === executive.email ? { state: 'refused', kind: 'temporary', code: '451' } : undefined),
      async (out) => (out.to === executive.email ? { state: 'refused', kind: 'temporary', code: '451' } : undefined),
      async (out) => (out.to === executive.email ? { state: 'refused', kind: 'temporary', code: '451' } : undefined),
    );
    expect(await runToOutcome(world, journey.touch('roles'))).toEqual({ is: 'sent' });
    expect(world.mailer.left).toHaveLength(3);
    const { said, people } = await stands(journey.id, 'roles');
    expect(said).toHaveLength(1);
    expect(people.map((one) => one.outcome)).toEqual(['sent', 'sent', 'sent']);
  });

  it('leaves to the next attempt what does not fit into this one', async () => {
    const { journey } = await company();
    let slow = true;
    const mailer = {
      ...world.mailer,
      send: async (out: Parameters<World['mailer']['send']>[0]) => {
        if (slow) await new Promise((resolve) => setTimeout(resolve, 2_100));
        slow = false;
        return world.mailer.send(out);
      },
    };
    const first = world.run('deliver', journey.touch('roles'), { mailer });
    await expect(first).rejects.toMatchObject({ type: 'more-recipients' });
    expect(world.mailer.left).toHaveLength(1);
    expect((await stands(journey.id, 'roles')).said).toHaveLength(0);
    expect(await runToOutcome(world, journey.touch('roles'))).toEqual({ is: 'sent' });
    expect(world.mailer.left).toHaveLength(3);
  });

  it('waits with the one who is on hold after the others were told, says so, and comes back for that one alone', async () => {
    const { journey, account, executive, billing } = await company();
    const { hold, until } = await holdFor(account.id, executive.id);
    const held = { is: 'held', hold: `hold:${hold.id}`, recheck: until.getTime(), reason: 'on-hold' };
    for (let k = 0; k < 2; k++) {
      expect(await tell(journey.touch('roles'))).toEqual({ ...held, told: true });
      expect(world.mailer.left.map((one) => one.to)).toEqual([account.email, billing.email]);
      const { said } = await stands(journey.id, 'roles');
      expect(said).toMatchObject([{ outcome: 'held', reason: 'on-hold' }]);
      expect(fates(said)).toEqual(['sent as-planned', 'held on-hold', 'sent as-planned']);
    }
    world.time.now = until.getTime() + 1;
    expect(await tell(journey.touch('roles'))).toEqual({ is: 'sent' });
    expect(world.mailer.left.map((one) => one.to)).toEqual([account.email, billing.email, executive.email]);
    const { said } = await stands(journey.id, 'roles');
    expect(said).toMatchObject([{ outcome: 'sent', history: [{ outcome: 'held' }, { outcome: 'sent' }] }]);
    expect(fates(said)).toEqual(['sent as-planned', 'sent late-within-limit', 'sent as-planned']);
  });

  it('is told, and lists whom it came too late for, when the wait of the rest outlives what its playbook allows', async () => {
    const { journey, account, executive } = await company();
    await holdFor(account.id, executive.id);
    const touch = journey.touch('roles', { staleAfter: START + HOUR });
    expect(await tell(touch)).toMatchObject({ is: 'held' });
    world.time.now = START + HOUR + 1;
    expect(await tell(touch)).toEqual({ is: 'sent' });
    const { said } = await stands(journey.id, 'roles');
    expect(said).toMatchObject([{ outcome: 'sent', reason: 'as-planned' }]);
    expect(fates(said)).toEqual(['sent as-planned', 'skipped stale', 'sent as-planned']);
  });

  it('asks again for the rest where its playbook plans what is late anew', async () => {
    const { journey, account, executive } = await company();
    await holdFor(account.id, executive.id);
    const touch = journey.touch('again', { staleAfter: START + HOUR });
    expect(await tell(touch)).toMatchObject({ is: 'held' });
    world.time.now = START + HOUR + 1;
    expect(await tell(touch)).toEqual({ is: 'stale' });
    const { said } = await stands(journey.id, 'again');
    expect(fates(said)).toEqual(['sent as-planned', 'held re-planned']);
    world.time.now = START + 3 * HOUR;
    const later = { due: START + 3 * HOUR };
    expect(await tell(journey.touch('again', later))).toEqual({ is: 'sent' });
    expect(world.mailer.left.map((one) => one.to)).toEqual([account.email, executive.email]);
  });

  it.each(['a pause', 'a recall'])('of %s between two loses nobody: the rest is told afterwards', async (what) => {
    const { journey, account } = await company();
    const env = quietEnvironment();
    const paused = meanwhile(() => (what === 'a recall' ? env.cancel() : flag(journey.id, 'paused')));
    const first = world.run('deliver', journey.touch('roles'), { mailer: paused }, env);
    if (what === 'a recall') expect(await first).toEqual({ is: 'recalled', told: true });
    else expect(await first).toMatchObject({ is: 'held', hold: 'paused', told: true });
    expect(world.mailer.left.map((one) => one.to)).toEqual([account.email]);
    const word = what === 'a recall' ? 'recalled' : 'paused';
    const { said } = await stands(journey.id, 'roles');
    expect(said).toMatchObject([{ outcome: 'held', reason: word }]);
    expect(fates(said)).toEqual(['sent as-planned', `held ${word}`, `held ${word}`]);
    await flag(journey.id, null);
    expect(await tell(journey.touch('roles'))).toEqual({ is: 'sent' });
    expect(new Set(world.mailer.left.map((one) => one.to)).size).toBe(3);
    expect(world.mailer.left).toHaveLength(3);
    expect(fates((await stands(journey.id, 'roles')).said)).toEqual(Array(3).fill('sent as-planned'));
  });

  it.each([true, false])(
    'tells nobody more once staff end its journey, and says whom it had told (recalled: %s)',
    async (recalled) => {
      const { journey, account } = await company();
      const env = quietEnvironment();
      const ending = meanwhile(async () => {
        await flag(journey.id, 'exited');
        if (recalled) env.cancel();
      });
      expect(await world.run('deliver', journey.touch('roles'), { mailer: ending }, env)).toEqual({ is: 'sent' });
      expect(world.mailer.left.map((one) => one.to)).toEqual([account.email]);
      const { said } = await stands(journey.id, 'roles');
      expect(said).toMatchObject([{ outcome: 'sent' }]);
      expect(fates(said)).toEqual(['sent as-planned', 'dropped journey-exited', 'dropped journey-exited']);
    },
  );

  it('says whom it had told, too, when the end comes between the reservation of the next and its provider', async () => {
    const { journey, account } = await company();
    const env = quietEnvironment();
    let reserved = 0;
    const probe = async (point: string) => {
      if (point !== 'several:reserved' || ++reserved !== 2) return;
      await flag(journey.id, 'exited');
      env.cancel();
    };
    expect(await world.run('deliver', journey.touch('roles'), { probe }, env)).toEqual({ is: 'sent' });
    expect(world.mailer.left.map((one) => one.to)).toEqual([account.email]);
    const { said, rows } = await stands(journey.id, 'roles');
    expect(fates(said)).toEqual(['sent as-planned', 'dropped journey-exited', 'dropped journey-exited']);
    expect(rows).toHaveLength(1);
  });

  it('that the run itself ends while the rest waits was sent, and says who was not told and why', async () => {
    const { journey, account, executive } = await company();
    await holdFor(account.id, executive.id);
    const touch = journey.touch('roles');
    expect(await tell(touch)).toMatchObject({ is: 'held' });
    const at = START + HOUR;
    const { state } = touch;
    const word = { st: 'done' as const, outcome: 'dropped' as const, reason: 'journey-ended', at };
    const ended: State = {
      ...{ ...state, rev: state.rev + 3, ended: { outcome: 'won', how: 'goal', at } },
      steps: { ...state.steps, roles: { ...state.steps.roles!, rev: state.rev, ...word } },
    };
    for (let k = 0; k < 2; k++)
      await world.run('conclude', { journeyId: journey.id, account: account.id, at, state: ended });
    const { said, people } = await stands(journey.id, 'roles');
    expect(said).toMatchObject([{ outcome: 'sent', history: [{ outcome: 'held' }, { outcome: 'sent' }] }]);
    expect(fates(said)).toEqual(['sent as-planned', 'dropped journey-ended', 'sent as-planned']);
    expect(people.map((one) => one.outcome)).toEqual(['sent', 'dropped', 'sent']);
    expect((await stands(journey.id, 'all')).said).toMatchObject([{ outcome: 'dropped', reason: 'journey-ended' }]);
  });
});

describe('a crash at any point of a notice to several', () => {
  it('tells nobody twice and forgets nobody in silence', async () => {
    const points = await countPoints(world, (await company()).journey.touch('roles'));
    expect(points.filter((point) => point === 'several:reserved')).toHaveLength(3);
    for (const at of points.keys()) {
      const { journey } = await company();
      world.mailer.left.length = 0;
      world.time.now = START;
      expect(await runAndCrash(world, journey.touch('roles'), at)).toBe('crashed');
      world.time.now += 31_000;
      expect(await runToOutcome(world, journey.touch('roles'))).toEqual({ is: 'sent' });
      const where = `${at} ${points[at]}`;
      const times = new Map<string, number>();
      for (const one of world.mailer.left) times.set(one.to, (times.get(one.to) ?? 0) + 1);
      const { rows, said, people } = await stands(journey.id, 'roles');
      expect(rows, where).toHaveLength(3);
      // Service mail in doubt is sent again under its own Message-ID, as its policy says.
      expect(new Set(world.mailer.left.map((one) => one.messageId)).size, where).toBe(3);
      expect(
        people.map((one) => one.outcome),
        where,
      ).toEqual(['sent', 'sent', 'sent']);
      expect(said, where).toMatchObject([{ outcome: 'sent' }]);
      const doubted = ['reserved', 'several:reserved', 'answered', 'settle:begun', 'settle:written'];
      if (!doubted.includes(points[at]!)) expect([...times.values()], where).toEqual([1, 1, 1]);
      else expect(Math.max(...times.values()), where).toBeLessThanOrEqual(2);
    }
  });

  it('repeats marketing that may have left to nobody at all', async () => {
    const points = await countPoints(world, (await company()).journey.touch('marketing'));
    for (const at of points.keys()) {
      const { journey } = await company();
      world.mailer.left.length = 0;
      world.time.now = START;
      expect(await runAndCrash(world, journey.touch('marketing'), at)).toBe('crashed');
      world.time.now += 31_000;
      expect(await runToOutcome(world, journey.touch('marketing'))).toEqual({ is: 'sent' });
      const told = world.mailer.left.map((one) => one.to);
      expect(new Set(told).size, `${at} ${points[at]}`).toBe(told.length);
      expect((await stands(journey.id, 'marketing')).rows).toHaveLength(2);
    }
  });
});
