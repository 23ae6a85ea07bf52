import { and, eq } from 'drizzle-orm';
import { openTask } from '../../../db/queries/tasks/open-task.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertCommand } from '../../../db/queries/commands/insert-command.ts';
import { answerOffer } from '../../../db/queries/offers/answer-offer.ts';
import {
  accounts,
  audit,
  commands,
  crmAccounts,
  crmNotes,
  decisions,
  deliveries,
  journeys,
  offers,
  tasks,
} from '../../../db/schema/index.ts';
import type { Command } from '../../../workflows/contracts/commands.ts';
import type { State } from '../../../workflows/contracts/journey.ts';
import { createKernel } from '../../../workflows/kernel/create-kernel.ts';
import { HOUR, START, addAccount, addJourney, createWorld } from './fixture.ts';
import type { World } from './fixture.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

type Journey = Awaited<ReturnType<typeof addJourney>>;
const rowOf = async (id: string) => (await world.db.select().from(journeys).where(eq(journeys.id, id)))[0]!;

const insert = (journey: Journey, run: Command, at = START) =>
  world.db.transaction((tx) =>
    insertCommand(tx, {
      journeyId: journey.id,
      id: run.id,
      run,
      bodyHash: run.id,
      reason: 'because',
      actor: 'grace',
      receivedAt: new Date(at),
    }),
  );

/** As the run does it: applied by the kernel, then written down. */
async function apply(journey: Journey, state: State, command: Command, now = START): Promise<State> {
  const kernel = createKernel(journey.timetable, {});
  const after = kernel.advance(state, { t: 'command', command, now });
  expect(after.refused).toBeUndefined();
  const answer = { rev: after.state.rev, status: kernel.status(after.state), changes: [] };
  await world.run('recordCommand', {
    journeyId: journey.id,
    commandId: command.id,
    answer,
    state: after.state,
    at: now,
  });
  return after.state;
}

describe('recordCommand', () => {
  it('writes a command down once: row, snapshot, flag and audit', async () => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    const pause: Command = { id: 'p1', name: 'pause', until: null, clock: null };
    await insert(journey, pause);
    const paused = await apply(journey, journey.state, pause);
    await world.run('recordCommand', {
      journeyId: journey.id,
      commandId: 'p1',
      answer: { rev: 99, status: 'paused', changes: [] },
      state: paused,
      at: START,
    });
    expect(await rowOf(journey.id)).toMatchObject({ state: 'paused', stopFlag: 'paused', rev: paused.rev });
    const [row] = await world.db.select().from(commands).where(eq(commands.journeyId, journey.id));
    expect(row).toMatchObject({ state: 'applied', rev: paused.rev });
    const seen = await world.db
      .select()
      .from(audit)
      .where(and(eq(audit.target, `journey:${journey.id}`), eq(audit.action, 'journey.pause')));
    expect(seen).toMatchObject([{ actor: 'grace', reason: 'because' }]);
  });

  it('wakes on resume what the flag held back before the run knew of the pause', async () => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    await insert(journey, { id: 'p1', name: 'pause', until: null, clock: null });
    expect(await world.run('deliver', journey.touch('mail'))).toMatchObject({ is: 'held', hold: 'paused' });
    const paused = await apply(journey, journey.touching('mail'), {
      id: 'p1',
      name: 'pause',
      until: null,
      clock: null,
    });
    expect(await world.db.select().from(deliveries).where(eq(deliveries.journeyId, journey.id))).toHaveLength(0);
    await insert(journey, { id: 'r1', name: 'resume' });
    const resumed = await apply(journey, paused, { id: 'r1', name: 'resume' }, START + 1000);
    expect(await rowOf(journey.id)).toMatchObject({ state: 'running', stopFlag: null });
    const told = await world.db.select().from(deliveries).where(eq(deliveries.journeyId, journey.id));
    expect(told).toMatchObject([{ happening: { t: 'released', hold: 'paused' } }]);
    expect(await world.run('deliver', journey.touch('mail', { state: journey.touching('mail', resumed) }))).toEqual({
      is: 'sent',
    });
  });

  it('lets a touch of the resumed run out although the resume itself is not written down yet', async () => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    const kernel = createKernel(journey.timetable, {});
    await insert(journey, { id: 'p1', name: 'pause', until: null, clock: null });
    const paused = kernel.advance(journey.state, {
      t: 'command',
      command: { id: 'p1', name: 'pause', until: null, clock: null },
      now: START,
    }).state;
    const resumed = kernel.advance(paused, {
      t: 'command',
      command: { id: 'r1', name: 'resume' },
      now: START + 1,
    }).state;
    expect(await world.run('deliver', journey.touch('mail', { state: journey.touching('mail', resumed) }))).toEqual({
      is: 'sent',
    });
  });

  it('carries plan, owner and note to where they belong', async () => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    await world.run('deliver', journey.touch('call'));
    let state = journey.touching('call');
    for (const command of [
      { id: 'c1', name: 'change-plan', plan: 'business' },
      { id: 'c2', name: 'set-owner', owner: 'linus' },
      { id: 'c3', name: 'note' },
    ] as Command[]) {
      await insert(journey, command);
      state = await apply(journey, state, command);
    }
    expect((await world.db.select().from(accounts).where(eq(accounts.id, account.id)))[0]).toMatchObject({
      plan: 'business',
    });
    expect(await rowOf(journey.id)).toMatchObject({ plan: 'business', owner: 'linus' });
    expect((await world.db.select().from(crmAccounts).where(eq(crmAccounts.accountId, account.id)))[0]).toMatchObject({
      owner: 'linus',
    });
    expect(await world.db.select().from(tasks).where(eq(tasks.journeyId, journey.id))).toMatchObject([
      { owner: 'linus' },
    ]);
    expect(await world.db.select().from(crmNotes).where(eq(crmNotes.accountId, account.id))).toMatchObject([
      { text: 'because', author: 'grace' },
    ]);
  });
});

describe('conclude', () => {
  it('decides every step, leaves nothing open and tells the CRM, once', async () => {
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    const kernel = createKernel(journey.timetable, {});
    await world.run('deliver', journey.touch('offer'));
    await world.run('deliver', journey.touch('call'));
    // An earlier occurrence that nobody closed, with what it was raised to.
    const earlier = { journeyId: journey.id, accountId: account.id, step: 'call', n: 0, title: 'x', instructions: 'x' };
    const rest = { owner: null, ownerRole: 'csm', minutes: null, dueAt: null, createdAt: new Date(START) };
    for (const end of ['', '/escalation/1', '/data-error'])
      await world.db.transaction((tx) => openTask(tx, { ...earlier, ...rest, key: `${journey.id}/call/0${end}` }));
    let state = journey.touching('call', journey.touching('offer'));
    for (const [step, offer] of [
      ['offer', 'discount'],
      ['call', undefined],
    ] as const)
      state = kernel.advance(state, {
        t: 'outcome',
        step,
        n: 1,
        outcome: { is: 'sent', opens: true, ...(offer ? { offer } : {}) },
        now: START,
      }).state;
    const ended = kernel.advance(state, { t: 'command', command: { id: 'x', name: 'exit' }, now: START + HOUR }).state;
    const won = { ...ended, ended: { ...ended.ended!, outcome: 'won' } };
    const input = { journeyId: journey.id, account: account.id, at: START + HOUR, state: won };
    await world.run('conclude', input);
    await world.run('conclude', input);

    expect(await rowOf(journey.id)).toMatchObject({ state: 'ended', outcome: 'won', endedAt: new Date(START + HOUR) });
    const said = await world.db.select().from(decisions).where(eq(decisions.journeyId, journey.id));
    expect(said.map((one) => one.step).sort()).toEqual(journey.timetable.steps.map((step) => step.id).sort());
    expect(await world.db.select().from(offers).where(eq(offers.journeyId, journey.id))).toMatchObject([
      { state: 'withdrawn' },
    ]);
    const asked = await world.db.select().from(tasks).where(eq(tasks.journeyId, journey.id));
    expect(asked.map((task) => `${task.key.replace(journey.id, '')} ${task.state}`).sort()).toEqual([
      '/call/0 cancelled',
      '/call/0/data-error open',
      '/call/0/escalation/1 cancelled',
      '/call/1 cancelled',
    ]);
    expect((await world.db.select().from(crmAccounts).where(eq(crmAccounts.accountId, account.id)))[0]).toMatchObject({
      stage: 'customer',
    });
    const notes = await world.db
      .select()
      .from(crmNotes)
      .where(eq(crmNotes.key, `${journey.id}/outcome`));
    expect(notes).toMatchObject([{ text: 'Won.' }]);
    const seen = (await world.db.select().from(audit)).filter(
      (one) => one.action === 'journey.ended' && one.target === `journey:${journey.id}`,
    );
    expect(seen).toHaveLength(1);
  });

  it('notes an acceptance that the ended run heard too late or never, and revives nothing', async () => {
    const end = START + 14 * 24 * HOUR;
    const accepted = end - 1000;
    const account = await addAccount(world);
    const journey = await addJourney(world, account.id);
    const kernel = createKernel(journey.timetable, {});
    await world.run('deliver', journey.touch('offer'));
    const sent = {
      t: 'outcome',
      step: 'offer',
      n: 1,
      outcome: { is: 'sent', opens: true, offer: 'discount' },
    } as const;
    const open = kernel.advance(journey.touching('offer'), { ...sent, now: START }).state;
    const [offer] = await world.db.select().from(offers).where(eq(offers.journeyId, journey.id));
    await answerOffer(world.db, { id: offer!.id, answer: 'accepted', actor: 'ada', now: new Date(accepted) });

    const ended = kernel.advance(open, { t: 'command', command: { id: 'x', name: 'exit' }, now: end }).state;
    const [told] = await world.db.select().from(deliveries).where(eq(deliveries.journeyId, journey.id));
    const { happening } = told!;
    const heardLate = kernel.advance(ended, { t: 'happening', happening, now: end + 1 }).state;
    for (const state of [ended, heardLate, heardLate])
      await world.run('conclude', { journeyId: journey.id, account: account.id, at: end + 2, state });

    const said = await world.db
      .select()
      .from(decisions)
      .where(and(eq(decisions.journeyId, journey.id), eq(decisions.step, 'offer')));
    expect(said).toMatchObject([{ outcome: 'accepted', reason: 'told-after-end', at: new Date(accepted) }]);
    expect(said[0]!.history.map((one) => `${one.outcome} ${one.reason}`)).toEqual([
      'sent as-planned',
      'accepted accepted',
      'accepted told-after-end',
    ]);
    const row = await rowOf(journey.id);
    expect([row.state, row.snapshot.anchors]).toEqual(['ended', journey.state.anchors]);
  });
});
