import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmbeddedCrm } from '../../../activities/crm/crm.ts';
import { crmAccounts, crmNotes, crmOpportunities } from '../../../db/schema/index.ts';
import { START, addAccount, createWorld } from '../deliver/fixture.ts';
import type { World } from '../deliver/fixture.ts';

let world: World;
const crm = createEmbeddedCrm();
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

describe('the embedded CRM', () => {
  it('writes notes and opportunities once a key', async () => {
    const { id: accountId } = await addAccount(world);
    const at = new Date(START);
    for (let k = 0; k < 2; k++)
      await world.db.transaction(async (tx) => {
        await crm.addNote(tx, { key: `${accountId}/n`, accountId, text: `note ${k}`, author: 'test', at });
        await crm.openOpportunity(tx, {
          key: `${accountId}/o`,
          accountId,
          title: 'x',
          amountMinor: null,
          currency: 'USD',
          stage: 'open',
          at,
        });
      });
    expect(await world.db.select().from(crmNotes).where(eq(crmNotes.accountId, accountId))).toMatchObject([
      { text: 'note 0' },
    ]);
    expect(
      await world.db.select().from(crmOpportunities).where(eq(crmOpportunities.accountId, accountId)),
    ).toHaveLength(1);
  });

  it('does not let an older move of the stage overwrite a newer one, and keeps the stage when the owner changes', async () => {
    const { id: accountId } = await addAccount(world);
    await world.db.transaction(async (tx) => {
      await crm.setStage(tx, { accountId, stage: 'customer', at: new Date(START + 2) });
      await crm.setStage(tx, { accountId, stage: 'evaluating', at: new Date(START + 1) });
      await crm.setOwner(tx, { accountId, owner: 'linus', at: new Date(START + 3) });
    });
    const [row] = await world.db.select().from(crmAccounts).where(eq(crmAccounts.accountId, accountId));
    expect(row).toMatchObject({ stage: 'customer', owner: 'linus' });
  });

  it('leaves nothing behind when the transaction of its cause fails', async () => {
    const { id: accountId } = await addAccount(world);
    const failing = world.db.transaction(async (tx) => {
      await crm.setStage(tx, { accountId, stage: 'customer', at: new Date(START) });
      throw new Error('the cause failed');
    });
    await expect(failing).rejects.toThrow('the cause failed');
    const [row] = await world.db.select().from(crmAccounts).where(eq(crmAccounts.accountId, accountId));
    expect(row).toMatchObject({ stage: 'trial' });
  });
});
