import { CancelledFailure } from '@temporalio/common';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decisions, messages, stops, suppressions, tasks, deliveries } from '../../../db/schema/index.ts';
import { runToOutcome } from './crashing.ts';
import { HOUR, START, addAccount, addJourney, createWorld, quietEnvironment } from './fixture.ts';
import type { World } from './fixture.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());
beforeEach(() => {
  world.time.now = START;
  world.mailer.left.length = 0;
  world.mailer.answers.length = 0;
});

const refuse = (kind: 'hard-bounce' | 'invalid' | 'temporary' | 'rate-limited' | 'unavailable', more = {}) =>
  world.mailer.answers.push({ state: 'refused', kind, code: `test-${kind}`, ...more });
const one = async () => {
  const account = await addAccount(world);
  return { account, journey: await addJourney(world, account.id) };
};
const rowOf = async (journeyId: string) =>
  (await world.db.select().from(messages).where(eq(messages.journeyId, journeyId)))[0];
const decisionOf = async (journeyId: string) =>
  (await world.db.select().from(decisions).where(eq(decisions.journeyId, journeyId)))[0];

describe('what a provider answers', () => {
  it('suppresses the address for every journey after a hard bounce, and fails the touch', async () => {
    const { account, journey } = await one();
    refuse('hard-bounce');
    expect(await world.run('deliver', journey.touch('mail'))).toEqual({ is: 'failed', reason: 'hard-bounce' });
    expect(await world.db.select().from(suppressions)).toMatchObject([
      { channel: 'email', scope: 'all', reason: 'hard-bounce' },
    ]);
    expect(JSON.stringify(await world.db.select().from(suppressions))).not.toContain(account.email);
    const other = await addJourney(world, account.id, { key: 'other' });
    expect(await world.run('deliver', other.touch('service'))).toEqual({
      is: 'skipped',
      reason: 'suppressed-hard-bounce',
    });
    expect(await world.run('deliver', journey.touch('mail'))).toEqual({ is: 'failed', reason: 'hard-bounce' });
    expect(world.mailer.left).toHaveLength(0);
  });

  it('is tried again after a refusal for now, with the same words to the same address', async () => {
    const { journey } = await one();
    refuse('temporary');
    refuse('rate-limited', { retryAfterMs: 5 * 60_000 });
    await expect(world.run('deliver', journey.touch('mail'))).rejects.toMatchObject({
      type: 'temporary',
      nextRetryDelay: 60_000,
    });
    expect(await rowOf(journey.id)).toMatchObject({ state: 'intended', leaseUntil: null, error: 'test-temporary' });
    world.time.now += 60_000;
    await expect(world.run('deliver', journey.touch('mail'))).rejects.toMatchObject({
      type: 'rate-limited',
      nextRetryDelay: 5 * 60_000,
    });
    world.time.now += 5 * 60_000;
    expect(await world.run('deliver', journey.touch('mail'))).toEqual({ is: 'sent' });
    expect(await rowOf(journey.id)).toMatchObject({ state: 'sent', attempt: 3, error: null });
    expect(await decisionOf(journey.id)).toMatchObject({ outcome: 'sent', reason: 'late-within-limit' });
  });

  it('is left to the late policy once it is too late, and leaves no reservation', async () => {
    const { journey } = await one();
    refuse('temporary');
    const input = journey.touch('mail', { staleAfter: START + HOUR });
    await expect(world.run('deliver', input)).rejects.toMatchObject({ type: 'temporary' });
    world.time.now = START + HOUR + 1;
    expect(await world.run('deliver', input)).toEqual({ is: 'stale' });
    expect(await rowOf(journey.id)).toBeUndefined();
    expect(await decisionOf(journey.id)).toMatchObject({ outcome: 'skipped', reason: 'stale' });
  });

  it('opens the circuit when the provider is dead: others wait untried, one probe tries, and its success wakes them', async () => {
    const { journey } = await one();
    const { journey: second, account } = await one();
    refuse('unavailable');
    await expect(world.run('deliver', journey.touch('mail'))).rejects.toMatchObject({ type: 'provider-unavailable' });
    expect(await world.run('deliver', second.touch('mail'))).toMatchObject({
      is: 'held',
      hold: 'provider:fake-smtp',
      reason: 'provider-unavailable',
    });
    expect(world.mailer.left).toHaveLength(0);
    world.time.now += 31_000;
    expect(await world.run('deliver', journey.touch('mail'))).toEqual({ is: 'sent' });
    expect(await world.db.select().from(stops)).toMatchObject([
      { target: 'fake-smtp', by: 'system:circuit', releasedBy: 'system:circuit' },
    ]);
    const told = await world.db.select().from(deliveries).where(eq(deliveries.accountId, account.id));
    expect(told).toMatchObject([{ journeyId: second.id, happening: { t: 'released', hold: 'provider:fake-smtp' } }]);
    expect(await world.run('deliver', second.touch('mail'))).toEqual({ is: 'sent' });
  });

  it('leaves a message in doubt after silence: once for marketing, again under the same id for service mail', async () => {
    const { journey } = await one();
    world.mailer.answers.push({ state: 'in-doubt', code: 'after-data-silence' });
    expect(await world.run('deliver', journey.touch('mail'))).toEqual({ is: 'sent' });
    expect(await rowOf(journey.id)).toMatchObject({ state: 'in-doubt', countsForCap: true });
    expect(await world.db.select().from(tasks).where(eq(tasks.journeyId, journey.id))).toMatchObject([
      { state: 'open', owner: 'grace' },
    ]);

    const { journey: other } = await one();
    world.mailer.left.length = 0;
    world.mailer.answers.push({ state: 'in-doubt', code: 'after-data-silence' });
    expect(await runToOutcome(world, other.touch('service'))).toEqual({ is: 'sent' });
    expect(new Set(world.mailer.left.map((mail) => mail.messageId)).size).toBe(1);
    expect(await rowOf(other.id)).toMatchObject({ state: 'sent', attempt: 2 });
  });

  it('names the trouble and asks staff when the data for a message is missing, and does not try again', async () => {
    const { journey } = await one();
    expect(await world.run('deliver', journey.touch('broken'))).toEqual({ is: 'failed', reason: 'render-error' });
    expect(await world.db.select().from(tasks).where(eq(tasks.journeyId, journey.id))).toMatchObject([
      { ownerRole: 'operations', state: 'open' },
    ]);
    expect(await decisionOf(journey.id)).toMatchObject({ details: { variable: 'nickname' } });
    expect(world.mailer.left).toHaveLength(0);
  });

  it('is not asked when the touch was recalled, and the reservation is gone', async () => {
    const { journey } = await one();
    const env = quietEnvironment();
    const probe = async (point: string) => {
      if (point === 'reserved') env.cancel('CANCELLED');
    };
    await expect(world.run('deliver', journey.touch('mail'), { probe }, env)).rejects.toBeInstanceOf(CancelledFailure);
    expect(world.mailer.left).toHaveLength(0);
    expect(await rowOf(journey.id)).toBeUndefined();
    expect(await world.run('deliver', journey.touch('mail'))).toEqual({ is: 'sent' });
  });

  it('finishes a send that a recall meets at the provider', async () => {
    const { journey } = await one();
    const env = quietEnvironment();
    world.mailer.answers.push(async () => void env.cancel('CANCELLED'));
    expect(await world.run('deliver', journey.touch('mail'), {}, env)).toEqual({ is: 'sent' });
    expect(await rowOf(journey.id)).toMatchObject({ state: 'sent' });
  });

  it('says nothing personal in any failure', async () => {
    const { account, journey } = await one();
    refuse('unavailable');
    const failure = await world.run('deliver', journey.touch('service')).catch((error: Error) => error);
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toMatch(
      new RegExp(`${account.email}|Ada|Lovelace`),
    );
    world.time.now += 31_000;
    await world.run('deliver', journey.touch('service'));
  });
});

describe('who may be told', () => {
  it('skips a text without consent, whatever its class, and sends it with consent', async () => {
    const silent = await addAccount(world);
    const asked = await addAccount(world, { sms: true });
    expect(await world.run('deliver', (await addJourney(world, silent.id)).touch('text'))).toEqual({
      is: 'skipped',
      reason: 'no-sms-consent',
    });
    expect(await world.run('deliver', (await addJourney(world, asked.id)).touch('text'))).toEqual({ is: 'sent' });
  });

  it('moves a text out of the quiet hours of where the contact lives', async () => {
    const account = await addAccount(world, { sms: true, zone: 'America/New_York' });
    const journey = await addJourney(world, account.id);
    expect(await world.run('deliver', journey.touch('text'))).toMatchObject({
      is: 'held',
      hold: 'quiet-hours',
      recheck: Date.UTC(2026, 2, 4, 13, 0),
    });
  });

  it('names a contact without e-mail, an opt-out and a condition that is not met', async () => {
    const bare = await addAccount(world, { noEmail: true });
    expect(await world.run('deliver', (await addJourney(world, bare.id)).touch('mail'))).toEqual({
      is: 'skipped',
      reason: 'no-contact-with-email',
    });
    const out = await addAccount(world, { email: false });
    const journey = await addJourney(world, out.id);
    expect(await world.run('deliver', journey.touch('mail'))).toEqual({ is: 'skipped', reason: 'unsubscribed' });
    expect(await world.run('deliver', journey.touch('service'))).toEqual({ is: 'sent' });
    expect(await world.run('deliver', journey.touch('vip'))).toEqual({ is: 'skipped', reason: 'no-vip' });
  });

  it('records a missed check with its fact, and a checklist with what is provided', async () => {
    const { journey } = await one();
    expect(await world.run('deliver', journey.touch('active'))).toEqual({ is: 'missed' });
    expect(await world.run('deliver', journey.touch('list'))).toEqual({ is: 'sent', opens: true });
  });
});
