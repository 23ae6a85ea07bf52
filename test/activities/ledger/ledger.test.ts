import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEASE_MS, PROVIDER_TIMEOUT_MS, doubtPolicy, ledgerKey } from '../../../activities/ledger/ledger.ts';
import { resolveInDoubt } from '../../../db/queries/ledger/resolve-in-doubt.ts';
import { audit, messages } from '../../../db/schema/index.ts';
import { START, addAccount, addJourney, createWorld } from '../deliver/fixture.ts';
import type { World } from '../deliver/fixture.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

describe('the ledger', () => {
  it('knows a message by journey, step, occurrence, contact and channel, whatever the attempt', () => {
    const key = { journeyId: 'j', step: 's', n: 2, contactId: 'c', channel: 'email' };
    expect(ledgerKey(key)).toBe('j/s/2/c/email');
    expect(ledgerKey({ ...key, n: 3 })).not.toBe(ledgerKey(key));
  });

  it('lets a lease outlive an attempt, and an attempt its provider', () => {
    const startToClose = 20_000;
    expect(PROVIDER_TIMEOUT_MS).toBeLessThan(startToClose);
    expect(startToClose).toBeLessThan(LEASE_MS);
  });

  it('repeats in doubt only service mail, unless the step says otherwise', () => {
    expect(doubtPolicy({ class: 'service', kind: 'message' })).toBe('at-least-once');
    for (const other of ['marketing', 'transactional', 'legal'] as const)
      expect(doubtPolicy({ class: other, kind: 'message' })).toBe('at-most-once');
    expect(doubtPolicy({ class: 'service', kind: 'offer' })).toBe('at-most-once');
    expect(doubtPolicy({ class: 'marketing', kind: 'message', inDoubt: 'at-least-once' })).toBe('at-least-once');
    expect(doubtPolicy({ class: 'service', kind: 'message', inDoubt: 'at-most-once' })).toBe('at-most-once');
  });

  it('takes the first word of staff about a message in doubt, with an audit row', async () => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    world.mailer.answers.push({ state: 'in-doubt', code: 'after-data-silence' });
    await world.run('deliver', journey.touch('mail'));
    const of = eq(messages.journeyId, journey.id);
    const [row] = await world.db.select().from(messages).where(of);
    const word = { id: row!.id, actor: 'grace', reason: 'the provider shows it', now: new Date(START) };
    await resolveInDoubt(world.db, { ...word, as: 'sent' });
    await expect(resolveInDoubt(world.db, { ...word, as: 'failed' })).rejects.toMatchObject({
      code: 'already-decided',
    });
    expect((await world.db.select().from(messages).where(of))[0]).toMatchObject({ state: 'sent', resolvedBy: 'grace' });
    const seen = (await world.db.select().from(audit)).filter((one) => one.target.includes(row!.id));
    expect(seen).toHaveLength(1);
  });
});
