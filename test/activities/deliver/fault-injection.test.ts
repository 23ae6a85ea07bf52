import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decisions, messages, offers, tasks } from '../../../db/schema/index.ts';
import { countPoints, refusingOnce, runAndCrash, runToOutcome } from './crashing.ts';
import { START, addAccount, addJourney, createWorld } from './fixture.ts';
import type { World } from './fixture.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());
beforeEach(() => {
  world.time.now = START;
  world.mailer.left.length = 0;
});

async function fresh(step: string) {
  const account = await addAccount(world);
  const journey = await addJourney(world, account.id);
  world.time.now = START;
  world.mailer.left.length = 0;
  return { account, journey, input: journey.touch(step) };
}

async function whatStands(journeyId: string, step: string) {
  const of = { message: and(eq(messages.journeyId, journeyId), eq(messages.step, step)) };
  const [message] = await world.db.select().from(messages).where(of.message);
  const said = await world.db.select().from(decisions).where(eq(decisions.journeyId, journeyId));
  const doubts = await world.db
    .select()
    .from(tasks)
    .where(eq(tasks.key, `${journeyId}/${step}/1/in-doubt`));
  const open = await world.db.select().from(offers).where(eq(offers.journeyId, journeyId));
  return { message, said, doubts, open };
}

describe('a crash at any point of a touch', () => {
  for (const step of ['mail', 'offer', 'legal', 'service'])
    it(`neither doubles nor silently loses the message of step ${step}`, async () => {
      const points = await countPoints(world, (await fresh(step)).input);
      expect(points).toEqual(
        expect.arrayContaining(['begun', 'reserve:locked', 'reserved', 'answered', 'settle:written', 'settled']),
      );
      const tries = [...points.keys(), 'sending' as const, 'sent' as const];
      for (const at of tries)
        for (const wait of [100, 31_000]) {
          const { journey, input } = await fresh(step);
          expect(await runAndCrash(world, input, at)).toBe('crashed');
          world.time.now += wait;
          const outcome = await runToOutcome(world, input);
          expect(outcome).toMatchObject({ is: 'sent' });
          const { message, said, doubts, open } = await whatStands(journey.id, step);
          const where = `${step} at ${typeof at === 'number' ? points[at] : at}`;
          const ids = new Set(world.mailer.left.map((mail) => mail.messageId));
          expect(ids.size, where).toBeLessThanOrEqual(1);
          if (step === 'service') expect(world.mailer.left.length, where).toBeGreaterThanOrEqual(1);
          else expect(world.mailer.left.length, where).toBeLessThanOrEqual(1);
          const known =
            typeof at === 'number' && !['reserved', 'answered', 'settle:begun', 'settle:written'].includes(points[at]!);
          if (known || step === 'service') {
            expect(message, where).toMatchObject({ state: 'sent', leaseUntil: null });
            expect(said, where).toMatchObject([{ step, outcome: 'sent' }]);
          } else {
            // Nobody can know whether it left: it is not sent again, and somebody is asked to look.
            expect(message, where).toMatchObject({ state: 'in-doubt', countsForCap: true });
            expect(doubts, where).toMatchObject([{ state: 'open' }]);
            expect(said, where).toMatchObject([{ step, outcome: 'sent', reason: 'in-doubt' }]);
          }
          if (known) expect(world.mailer.left, where).toHaveLength(1);
          expect(open, where).toHaveLength(step === 'offer' ? 1 : 0);
        }
    });
});

describe('a crash at any point of what sends nothing, or sends to a provider that keeps one message a key', () => {
  it('opens a task exactly once', async () => {
    const points = await countPoints(world, (await fresh('call')).input);
    expect(points.at(-1)).toBe('reserved');
    for (const at of points.keys()) {
      const { journey, input } = await fresh('call');
      expect(await runAndCrash(world, input, at)).toBe('crashed');
      expect(await runToOutcome(world, input)).toEqual({ is: 'sent', opens: true });
      const opened = await world.db.select().from(tasks).where(eq(tasks.journeyId, journey.id));
      expect(opened, points[at]).toMatchObject([{ state: 'open', step: 'call' }]);
    }
  });

  it('is sent exactly once and never in doubt', async () => {
    const provider = world.mailer.provider;
    const points = await countPoints(world, (await fresh('mail')).input);
    for (const at of points.keys()) {
      const { journey, input } = await fresh('mail');
      Object.assign(world.mailer, { provider: 'embedded-email' });
      expect(await runAndCrash(world, input, at)).toBe('crashed');
      world.time.now += 31_000;
      expect(await runToOutcome(world, input)).toEqual({ is: 'sent' });
      Object.assign(world.mailer, { provider });
      const { message, doubts } = await whatStands(journey.id, 'mail');
      expect(message, points[at]).toMatchObject({ state: 'sent' });
      expect(doubts).toHaveLength(0);
    }
  });
});

describe('Postgres that refuses one query', () => {
  it('costs a moment, never a message, whichever query it is', async () => {
    for (let nth = 0; ; nth++) {
      const { journey, input } = await fresh('offer');
      const refusing = refusingOnce(world, nth);
      const outcome = await runToOutcome(world, input, { database: refusing.database });
      const asked = refusing.asked();
      await refusing.close();
      expect(outcome).toMatchObject({ is: 'sent' });
      expect(world.mailer.left, `query ${nth}`).toHaveLength(1);
      const { message, said, open } = await whatStands(journey.id, 'offer');
      expect(message, `query ${nth}`).toMatchObject({ state: 'sent' });
      expect(said).toMatchObject([{ outcome: 'sent' }]);
      expect(open).toHaveLength(1);
      if (asked <= nth) break;
      expect(nth).toBeLessThan(100);
    }
  });

  it('that stays away after the send is told by the next attempt what the provider answered', async () => {
    const { journey, input } = await fresh('mail');
    const broken = refusingOnce(world, Infinity);
    const mailer = {
      ...world.mailer,
      send: async (mail: Parameters<typeof world.mailer.send>[0]) => {
        const result = await world.mailer.send(mail);
        await broken.close();
        return result;
      },
    };
    const outcome = await runToOutcome(world, input, { database: broken.database, mailer });
    expect(outcome).toMatchObject({ is: 'sent' });
    expect(world.mailer.left).toHaveLength(1);
    const { message, doubts } = await whatStands(journey.id, 'mail');
    expect(message).toMatchObject({ state: 'sent', providerId: 'p-1' });
    expect(doubts).toHaveLength(0);
  });
});
