import { and, asc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { placeHold } from '../../../db/queries/holds/place-hold.ts';
import { decisions, messages, recipients } from '../../../db/schema/index.ts';
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

describe('a notice to several', () => {
  it('tells one contact of each role, each by a ledger row of their own, and says so in one decision without an address', async () => {
    const { account, executive, billing, journey } = await company();
    expect(await world.run('deliver', journey.touch('roles'))).toEqual({ is: 'sent' });
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
    expect(await world.run('deliver', journey.touch('roles'))).toEqual({ is: 'sent' });
    expect(await world.run('deliver', journey.touch('all'))).toEqual({ is: 'sent' });
    expect(world.mailer.left.map((one) => one.to)).toEqual([account.email, account.email]);
  });

  it('decides about each by their own consent, and is skipped when nobody may be told', async () => {
    const { account, executive, journey } = await company({ email: false });
    expect(await world.run('deliver', journey.touch('marketing'))).toEqual({ is: 'sent' });
    expect(world.mailer.left.map((one) => one.to)).toEqual([executive.email]);
    const { said } = await stands(journey.id, 'marketing');
    expect(said[0]!.details.contacts).toEqual([
      { contact: account.contact, outcome: 'skipped', reason: 'unsubscribed' },
      { contact: executive.id, outcome: 'sent', reason: 'as-planned' },
    ]);
    const nobody = await addAccount(world, { noEmail: true });
    const silent = await addJourney(world, nobody.id, { of });
    expect(await world.run('deliver', silent.touch('roles'))).toEqual({
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
    expect(await world.run('deliver', journey.touch('roles'))).toMatchObject({
      is: 'held',
      hold: `hold:${hold.id}`,
      recheck: until.getTime(),
    });
    expect((await stands(journey.id, 'roles')).said).toMatchObject([{ outcome: 'held', reason: 'on-hold' }]);
    world.time.now = until.getTime() + 1;
    expect(await world.run('deliver', journey.touch('roles'))).toEqual({ is: 'sent' });
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

  it('tells nobody more once it is recalled, and says whom it had told', async () => {
    const { journey, account } = await company();
    const env = quietEnvironment();
    const mailer = {
      ...world.mailer,
      send: async (out: Parameters<World['mailer']['send']>[0]) => {
        env.cancel();
        return world.mailer.send(out);
      },
    };
    expect(await world.run('deliver', journey.touch('roles'), { mailer }, env)).toEqual({ is: 'sent' });
    expect(world.mailer.left.map((one) => one.to)).toEqual([account.email]);
    const { said } = await stands(journey.id, 'roles');
    expect((said[0]!.details.contacts as { outcome: string }[]).map((one) => one.outcome)).toEqual([
      'sent',
      'dropped',
      'dropped',
    ]);
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
  }, 120_000);

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
  }, 120_000);
});
