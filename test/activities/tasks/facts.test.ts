import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listOffers } from '../../../db/queries/offers/list-offers.ts';
import { answerOffer } from '../../../db/queries/offers/answer-offer.ts';
import { completeTask } from '../../../db/queries/tasks/complete-task.ts';
import { listTasks } from '../../../db/queries/tasks/list-tasks.ts';
import { audit, crmOpportunities, decisions, deliveries, events, tasks } from '../../../db/schema/index.ts';
import { HOUR, START, addAccount, addJourney, createWorld } from '../deliver/fixture.ts';
import type { World } from '../deliver/fixture.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

async function opened(step: string) {
  const account = await addAccount(world);
  const journey = await addJourney(world, account.id);
  await world.run('deliver', journey.touch(step));
  const [offer] = await listOffers(world.db, { journeyId: journey.id, limit: 10 });
  const [task] = await listTasks(world.db, { journeyId: journey.id, limit: 10 });
  return { account, journey, offer, task };
}
const at = (ms: number) => new Date(START + ms);

describe('an offer', () => {
  it('is accepted once: the first answer wins, its opportunity opens and its run will be told, all or nothing', async () => {
    const { account, journey, offer } = await opened('offer');
    const answers = (['accepted', 'declined', 'accepted'] as const).map((answer, k) =>
      answerOffer(world.db, { id: offer!.id, answer, actor: `customer-${k}`, now: at(HOUR) }),
    );
    const done = await Promise.allSettled(answers);
    const won = done.filter((one) => one.status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const lost of done)
      if (lost.status === 'rejected')
        expect(lost.reason).toMatchObject({
          code: 'already-decided',
          details: { winner: { by: won[0]!.value.answeredBy, state: won[0]!.value.state } },
        });
    const told = await world.db.select().from(deliveries).where(eq(deliveries.journeyId, journey.id));
    expect(told).toMatchObject([
      { happening: { t: 'fact', step: 'offer', what: won[0]!.value.state, at: START + HOUR } },
    ]);
    expect(await world.db.select().from(events).where(eq(events.accountId, account.id))).toHaveLength(1);
    const opportunities = await world.db
      .select()
      .from(crmOpportunities)
      .where(eq(crmOpportunities.accountId, account.id));
    expect(opportunities).toHaveLength(won[0]!.value.state === 'accepted' ? 1 : 0);
  });

  it('opens its opportunity with the terms of the playbook', async () => {
    const { account, offer } = await opened('offer');
    await answerOffer(world.db, { id: offer!.id, answer: 'accepted', actor: 'customer', now: at(HOUR) });
    const opportunities = await world.db
      .select()
      .from(crmOpportunities)
      .where(eq(crmOpportunities.accountId, account.id));
    expect(opportunities).toMatchObject([
      { title: 'Discounted month', amountMinor: 4900, currency: 'USD', stage: 'open' },
    ]);
  });

  it('is gone after its end', async () => {
    const { offer, journey } = await opened('offer');
    const late = answerOffer(world.db, {
      id: offer!.id,
      answer: 'accepted',
      actor: 'customer',
      now: at(14 * 24 * HOUR),
    });
    await expect(late).rejects.toMatchObject({ code: 'gone' });
    expect(await listOffers(world.db, { journeyId: journey.id, limit: 1 })).toMatchObject([{ state: 'expired' }]);
  });
});

describe('a task', () => {
  it('is completed once, and the run is told', async () => {
    const { journey, task } = await opened('call');
    const both = await Promise.allSettled(
      ['grace', 'linus'].map((actor) =>
        completeTask(world.db, { id: task!.id, what: 'completed', actor, now: at(HOUR) }),
      ),
    );
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    const told = await world.db.select().from(deliveries).where(eq(deliveries.journeyId, journey.id));
    expect(told).toMatchObject([{ happening: { t: 'fact', step: 'call', what: 'completed' } }]);
    const said = await world.db.select().from(decisions).where(eq(decisions.journeyId, journey.id));
    expect(said).toMatchObject([{ outcome: 'completed', history: [{ outcome: 'sent' }, { outcome: 'completed' }] }]);
  });

  it('of a checklist ends with its last item', async () => {
    const { journey, task } = await opened('list');
    await expect(
      completeTask(world.db, { id: task!.id, what: 'completed', item: 'given', actor: 'a', now: at(1) }),
    ).rejects.toMatchObject({
      code: 'already-decided',
    });
    await expect(
      completeTask(world.db, { id: task!.id, what: 'completed', item: 'nothing', actor: 'a', now: at(1) }),
    ).rejects.toMatchObject({
      code: 'unknown-item',
    });
    expect(
      await completeTask(world.db, { id: task!.id, what: 'completed', item: 'todo', actor: 'a', now: at(2) }),
    ).toMatchObject({ state: 'completed' });
    const told = await world.db.select().from(deliveries).where(eq(deliveries.journeyId, journey.id));
    expect(told).toMatchObject([{ happening: { step: 'list', item: 'todo', what: 'completed' } }]);
  });

  it('is raised once a level, to the role that the playbook names', async () => {
    const { account, journey, task } = await opened('call');
    const input = {
      journeyId: journey.id,
      account: account.id,
      step: 'call',
      n: 1,
      level: 1,
      clockShift: 0,
      state: journey.touching('call'),
    };
    await world.run('escalate', input);
    await world.run('escalate', input);
    const all = await world.db.select().from(tasks).where(eq(tasks.journeyId, journey.id)).orderBy(tasks.createdAt);
    expect(all.find((one) => one.id === task!.id)).toMatchObject({ level: 1, state: 'open' });
    expect(all.filter((one) => one.id !== task!.id)).toMatchObject([{ ownerRole: 'cs-lead', level: 1, state: 'open' }]);
    const seen = (await world.db.select().from(audit)).filter(
      (one) => one.action === 'step.escalated' && one.target === `journey:${journey.id}`,
    );
    expect(seen).toHaveLength(1);
  });
});
