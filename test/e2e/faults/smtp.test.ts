import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { tasks } from '../../../db/schema/index.ts';
import { startSmtp } from '../../support/smtp.ts';
import type { Behaviour, TestSmtp } from '../../support/smtp.ts';
import { testGround } from '../../support/ground.ts';
import { eventually } from '../../support/eventually.ts';
import { mails } from './playbooks.ts';
import { startSystem, whileNothingLeaves } from './system.ts';
import type { Journey, System } from './system.ts';

const ONCE = '901.at-most-once';
const AGAIN = '902.at-least-once';
const playbooks = [mails(ONCE, [{ id: 'first' }]), mails(AGAIN, [{ id: 'first', class: 'service' }])];
/** As in production, but for the waits: a dead provider is tried again after 1.5 s, a doubt that may be repeated after 0.5 s. */
const policy = { probeAfterMs: 1_500, retryAfterMs: 500 };

async function working() {
  const smtp = await startSmtp();
  const system = await startSystem(await testGround(), { smtp, policy, providerMs: 4_000, playbooks });
  return { smtp, system };
}

const tasksOf = (system: System, journey: Journey) =>
  system.database.db.select().from(tasks).where(eq(tasks.journeyId, journey.id));

describe('one address that makes trouble', () => {
  let smtp: TestSmtp;
  let system: System;
  beforeAll(async () => void ({ smtp, system } = await working()));
  afterAll(async () => {
    await system.stop();
    await smtp.down();
  });
  const leftFor = (journey: { to: string }) => smtp.takenBy(journey.to);
  const troubled = async (playbook: string, behaviour: Behaviour) => {
    const on = await system.newAccount();
    smtp.behave(on.to, behaviour);
    return system.begin(playbook, on);
  };

  describe.concurrent('', () => {
    it('a 550 at RCPT fails the touch, suppresses the address for every journey, and staff get a task', async () => {
      const journey = await troubled(ONCE, { rcpt: '550 5.1.1 no such user' });
      expect(await system.decided(journey, 'failed')).toMatchObject({ reason: 'hard-bounce' });
      expect(await system.messageRow(journey)).toMatchObject({ state: 'failed', error: 'hard-bounce' });
      expect(await tasksOf(system, journey)).toMatchObject([{ state: 'open', step: 'first' }]);
      smtp.behave(journey.to, undefined);
      const other = await system.begin(AGAIN, journey, { key: 'other' });
      expect(await system.decided(other, 'skipped')).toMatchObject({ reason: 'suppressed-hard-bounce' });
      expect(smtp.asked(journey.to)).toBe(1);
      expect(leftFor(journey)).toHaveLength(0);
    });

    it('a 451 at RCPT is tried again until it is taken, once', async () => {
      const journey = await troubled(ONCE, { rcpt: '451 4.7.1 greylisted', times: 3 });
      await system.decided(journey, 'sent');
      expect(await system.messageRow(journey)).toMatchObject({ state: 'sent' });
      expect(smtp.asked(journey.to)).toBe(4);
      expect(leftFor(journey)).toHaveLength(1);
    });

    for (const [what, behaviour] of Object.entries({
      'silence after the message': { hang: 'data' },
      'a line cut mid-DATA': { drop: 'mid-data' },
      'a line cut before the answer': { drop: 'before-answer' },
    } as const)) {
      const accepted = 'drop' in behaviour && behaviour.drop === 'mid-data' ? 0 : 1;

      it(`${what}: in doubt, not sent again where at most once is the word, and given to a person`, async () => {
        const journey = await troubled(ONCE, behaviour);
        expect(await system.decided(journey, 'sent')).toMatchObject({ reason: 'in-doubt' });
        smtp.behave(journey.to, undefined);
        expect(await system.messageRow(journey)).toMatchObject({ state: 'in-doubt', attempt: 1, countsForCap: true });
        expect(await tasksOf(system, journey)).toMatchObject([
          { state: 'open', step: 'first', title: 'Did “Mail first” reach the customer?' },
        ]);
        await whileNothingLeaves(1_500);
        expect(smtp.asked(journey.to)).toBe(1);
        expect(leftFor(journey)).toHaveLength(accepted);
      });

      it(`${what}: sent again where at least once is the word, under the same Message-ID`, async () => {
        const journey = await troubled(AGAIN, { ...behaviour, times: 1 });
        await system.decided(journey, 'sent');
        const taken = leftFor(journey);
        expect(taken).toHaveLength(accepted + 1);
        expect(new Set(taken.map((one) => one.messageId)).size).toBe(1);
        expect(await system.messageRow(journey)).toMatchObject({ state: 'sent', attempt: 2 });
      });
    }

    it('a doubt that never ends is left after three attempts and given to a person', async () => {
      const journey = await troubled(AGAIN, { drop: 'before-answer' });
      expect(await system.decided(journey, 'sent')).toMatchObject({ reason: 'in-doubt' });
      expect(await system.messageRow(journey)).toMatchObject({ state: 'in-doubt', attempt: 3 });
      expect(await tasksOf(system, journey)).toHaveLength(1);
      expect(leftFor(journey)).toHaveLength(3);
    });
  });
});

describe.concurrent('a server that is down', () => {
  const own = async ({ onTestFinished }: TestContext) => {
    const { smtp, system } = await working();
    onTestFinished(async () => {
      await system.stop();
      await smtp.down().catch(() => undefined);
    });
    return { smtp, system };
  };

  it('holds what it refuses to hear, drops nothing, and each mail leaves once when it is back', async (context) => {
    const { smtp, system } = await own(context);
    await smtp.down();
    const journeys = await Promise.all(Array.from({ length: 8 }, () => system.begin(ONCE)));
    await eventually('they are held for the provider', async () => {
      const said = await Promise.all(journeys.map((journey) => system.decision(journey)));
      return said.some((one) => one?.outcome === 'held' && one.reason === 'provider-unavailable');
    });
    expect((await system.must('GET', '/v1/stops')).items).toMatchObject([{ scope: 'provider', target: 'smtp' }]);
    await whileNothingLeaves(2_000);
    await smtp.up();
    for (const journey of journeys) await system.decided(journey, 'sent');
    expect(journeys.map((journey) => smtp.takenBy(journey.to).length)).toEqual(journeys.map(() => 1));
    expect((await system.must('GET', '/v1/stops')).items).toEqual([]);
  });

  it('that says nothing after RCPT has not got the mail: it is held, and leaves once when the server speaks again', async (context) => {
    const { smtp, system } = await own(context);
    const on = await system.newAccount();
    smtp.behave(on.to, { hang: 'rcpt' });
    const journey = await system.begin(ONCE, on);
    await eventually('the provider is stopped and the mail is not on its way', async () => {
      const { items } = await system.must('GET', '/v1/stops');
      const { state, leaseUntil } = (await system.messageRow(journey))!;
      return items.length === 1 && state === 'intended' && leaseUntil === null;
    });
    smtp.behave(on.to, undefined);
    await system.decided(journey, 'sent');
    expect(smtp.takenBy(on.to)).toHaveLength(1);
  });
});
