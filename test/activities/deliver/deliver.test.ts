import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crmAccounts, crmNotes, decisions, messages, offers, tasks } from '../../../db/schema/index.ts';
import { START, addAccount, addJourney, createWorld } from './fixture.ts';
import type { World } from './fixture.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

describe('deliver', () => {
  it('sends one mail, keeps it in the ledger and says why', async () => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    world.mailer.left.length = 0;

    const outcome = await world.run('deliver', journey.touch('mail'));

    expect(outcome).toEqual({ is: 'sent' });
    expect(world.mailer.left).toMatchObject([{ to: account.email, subject: 'Hello Ada', text: 'Hello Ada.' }]);
    expect(world.mailer.left[0]!.headers).toMatchObject({ 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' });
    const [row] = await world.db.select().from(messages).where(eq(messages.journeyId, journey.id));
    expect(row).toMatchObject({
      state: 'sent',
      attempt: 1,
      providerId: 'p-1',
      leaseUntil: null,
      sentAt: new Date(START),
    });
    const [decision] = await world.db.select().from(decisions).where(eq(decisions.journeyId, journey.id));
    expect(decision).toMatchObject({ step: 'mail', outcome: 'sent', reason: 'as-planned', template: 'plain_mail' });
  });

  it('answers the same when the attempt is repeated after its answer was lost, and sends nothing', async () => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    world.mailer.left.length = 0;
    const input = journey.touch('offer');
    const first = await world.run('deliver', input);
    const second = await world.run('deliver', input);
    expect(second).toEqual(first);
    expect(first).toEqual({ is: 'sent', offer: 'discount', opens: true });
    expect(world.mailer.left).toHaveLength(1);
    expect(await world.db.select().from(offers).where(eq(offers.journeyId, journey.id))).toMatchObject([
      {
        offer: 'discount',
        state: 'open',
        terms: { discount_percent: 25 },
        expiresAt: new Date(START + 14 * 86_400_000),
      },
    ]);
    expect(await world.db.select().from(crmAccounts).where(eq(crmAccounts.accountId, account.id))).toMatchObject([
      { stage: 'evaluating' },
    ]);
    expect(await world.db.select().from(crmNotes).where(eq(crmNotes.accountId, account.id))).toHaveLength(1);
  });

  it('opens a task for the owner, due by its SLA', async () => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    expect(await world.run('deliver', journey.touch('call'))).toEqual({ is: 'sent', opens: true });
    expect(await world.db.select().from(tasks).where(eq(tasks.journeyId, journey.id))).toMatchObject([
      { owner: 'grace', ownerRole: 'csm', minutes: 15, state: 'open', dueAt: new Date(START + 4 * 3_600_000) },
    ]);
  });
});
