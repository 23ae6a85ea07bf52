import { and, eq, isNull, like } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enterJourney } from '../../../activities/deliver/context.ts';
import type { JourneyDeps } from '../../../activities/deliver/deps.ts';
import { ingestEvents } from '../../../api/events/ingest-events.ts';
import { takeUp } from '../../../api/events/take-up.ts';
import { catalogReader } from '../../../api/playbooks/catalog.ts';
import { holdForJourney } from '../../../db/queries/holds/journey-hold.ts';
import { accounts, audit, crmAccounts, deliveries, events, holds, journeys, tasks } from '../../../db/schema/index.ts';
import type { ConcludeInput, State } from '../../../workflows/contracts/journey.ts';
import { Playbook } from '../../../workflows/contracts/playbook.ts';
import { concludeAndCrash } from './crashing.ts';
import { HOUR, START, addAccount, addJourney, createWorld, publish } from './fixture.ts';
import type { World } from './fixture.ts';

const mail = { id: 'mail', kind: 'message', title: 'Mail', class: 'service', channel: 'email', template: 'plain_mail' };
const stage = { id: 'only', title: 'Only', enter: 'journey', steps: [{ ...mail, due: { window: 'none' } }] };
const saving = Playbook.parse({
  id: '900.saving',
  kind: 'churn-save',
  title: 'Saving',
  summary: '',
  fulfils: ['002.churn.high-risk'],
  reads: {
    facts: { was_saved: { type: 'boolean', doc: 'x' }, saves: { type: 'number', doc: 'x' } },
    metrics: {},
    events: { 'save.done': { doc: 'x', fields: { plan: { type: 'string', doc: 'x' } } } },
  },
  holds: { level: 'churn-save' },
  outcomes: {
    saved: {
      crmStage: 'customer',
      facts: { was_saved: 'true', saves: 'facts.saves + 1.0' },
      emits: { event: 'save.done', data: { plan: 'account.plan' } },
    },
    broken: { facts: { saves: '10 / (2 - 2)' } },
    churned: {},
  },
  stages: [stage],
});
const next = Playbook.parse({
  id: '900.next',
  kind: 'onboarding',
  title: 'Next',
  summary: '',
  fulfils: ['001.onboarding.starter'],
  trigger: { event: 'save.done', where: { plan: 'starter' } },
  reads: {
    facts: {},
    metrics: {},
    events: { 'save.done': { doc: 'x', fields: { plan: { type: 'string', doc: 'x' } } } },
  },
  stages: [stage],
});

const worse = Playbook.parse({
  id: '900.worse',
  kind: 'churn-save',
  title: 'Worse',
  summary: '',
  fulfils: ['002.churn.high-risk'],
  trigger: [
    { event: 'save.worse', where: { how: 'much' }, takesOver: ['900.saving'] },
    { event: 'save.worse', where: { how: 'little' }, takesOver: ['900.saving'], starts: false },
  ],
  flags: { heard: { doc: 'x' } },
  reactions: [{ event: 'save.worse', set: 'heard' }],
  reads: {
    facts: {},
    metrics: {},
    events: { 'save.worse': { doc: 'x', fields: { how: { type: 'enum', values: ['much', 'little'], doc: 'x' } } } },
  },
  reentry: 'always',
  stages: [stage],
});

const raised = Playbook.parse({
  ...{ id: '900.raised', kind: 'churn-save', title: 'Raised', summary: '', fulfils: ['002.churn.high-risk'] },
  ...{ reads: { facts: {}, metrics: {}, events: {} }, flags: { worse: { doc: 'x' } }, stages: [stage] },
  holds: { level: 'churn-save' },
  raised: { flag: 'worse', level: 'cancellation' },
});

/** Begins nothing in any other test: its condition is false, or cannot be worked out. */
const parts = Playbook.parse({
  id: '900.parts',
  kind: 'renewal',
  title: 'Parts',
  summary: '',
  fulfils: ['001.renewal-reminders'],
  trigger: { event: 'save.done', when: 'facts.parts > 0.0 && 10 / (2 - 2) > 1' },
  reads: { facts: { parts: { type: 'number', doc: 'x' } }, metrics: {}, events: next.reads.events },
  stages: [stage],
});

let world: World;
let of: Awaited<ReturnType<typeof publish>>;
let after: typeof of;
let hands: Pick<JourneyDeps, 'ingest' | 'takeUp' | 'launch'>;
const launched: string[] = [];
beforeAll(async () => {
  world = await createWorld();
  of = await publish(world, saving);
  after = await publish(world, next);
  await publish(world, parts);
  await publish(world, worse);
  const catalogOf = catalogReader();
  const { secret, systemZone } = world.deps.settings;
  hands = {
    ingest: async (tx, given) => ingestEvents(tx, { ...given, catalog: await catalogOf(tx), secret, systemZone }),
    takeUp: async (tx, given) => takeUp(tx, { ...given, catalog: await catalogOf(tx), systemZone }),
    launch: async (rows) => void launched.push(...rows.map((row) => row.accountId)),
  };
});
afterAll(() => world.close());
beforeEach(() => {
  world.time.now = START;
  launched.length = 0;
});

/** A save that held a trial's mail back, and the trial that waits for its end. */
async function save(outcome: string) {
  const account = await addAccount(world);
  const trial = await addJourney(world, account.id);
  const journey = await addJourney(world, account.id, { of });
  const given = { journeyId: journey.id, accountId: account.id, level: 'churn-save', reason: 'x' };
  await world.db.transaction((tx) => holdForJourney(tx, { ...given, now: new Date(START), perSecond: 5 }));
  expect(await world.run('deliver', journey.touch('mail'))).toEqual({ is: 'sent' });
  expect(await world.run('deliver', trial.touch('mail'))).toMatchObject({ is: 'held', reason: 'outranked' });
  const at = START + HOUR;
  const state = { ...journey.state, rev: journey.state.rev + 5, ended: { outcome, how: 'goal' as const, at } };
  const input: ConcludeInput = { journeyId: journey.id, account: account.id, at, state };
  return { account, trial, journey, input };
}

async function stands(accountId: string, journeyId: string, trialId: string) {
  const [account] = await world.db.select().from(accounts).where(eq(accounts.id, accountId));
  const [crm] = await world.db.select().from(crmAccounts).where(eq(crmAccounts.accountId, accountId));
  const opened = await world.db
    .select()
    .from(journeys)
    .where(and(eq(journeys.accountId, accountId), eq(journeys.kind, 'onboarding')));
  const known = await world.db
    .select()
    .from(events)
    .where(like(events.id, `end:${journeyId}%`));
  const open = await world.db
    .select()
    .from(holds)
    .where(and(eq(holds.accountId, accountId), isNull(holds.releasedAt)));
  const woken = await world.db.select().from(deliveries).where(eq(deliveries.journeyId, trialId));
  const ended = await world.db
    .select()
    .from(audit)
    .where(and(eq(audit.target, `journey:${journeyId}`), eq(audit.action, 'journey.ended')));
  return { facts: account!.facts, stage: crm!.stage, opened, stored: known, open, woken, ended };
}

function handedOver(it: Awaited<ReturnType<typeof stands>>, where = '') {
  expect(it.facts, where).toMatchObject({ was_saved: true, saves: 1 });
  expect(it.stage, where).toBe('customer');
  expect(it.opened, where).toMatchObject([{ playbook: '900.next', state: 'starting', plan: 'starter' }]);
  expect(it.stored.map((one) => one.type).sort(), where).toEqual(['facts_recorded', 'save.done']);
  expect(it.open, where).toHaveLength(0);
  expect(
    it.woken.filter((one) => one.happening.t === 'released'),
    where,
  ).toHaveLength(1);
  expect(it.ended, where).toHaveLength(1);
}

/** What every event of these tests is stored with. */
const stored = { actor: 'test', now: START + HOUR / 2, clockShift: 0 };

describe('a journey that a flag raises', () => {
  it('holds back at that level while the flag is set, and at its own again after', async () => {
    const account = await addAccount(world);
    const { id: journeyId, state } = await addJourney(world, account.id, { of: await publish(world, raised) });
    const levels: string[][] = [];
    const flagged: State['flags'][] = [{}, { worse: START }, { worse: START }, {}];
    for (const [k, flags] of flagged.entries()) {
      const moved = { journeyId, state: { ...state, rev: state.rev + k + 1, flags }, at: START };
      await world.db.transaction((tx) => enterJourney(tx, world.deps.database, moved));
      const standing = await world.db
        .select()
        .from(holds)
        .where(and(eq(holds.accountId, account.id), isNull(holds.releasedAt)));
      levels.push(standing.map((one) => one.level));
    }
    expect(levels).toEqual([['churn-save'], ['cancellation'], ['cancellation'], ['churn-save']]);
  });
});

describe('the end of a journey', () => {
  it('sets its facts, stores its event with the journey that it opens, and lets go what it held back, all at once', async () => {
    const { account, journey, trial, input } = await save('saved');
    await world.run('conclude', input, hands);
    handedOver(await stands(account.id, journey.id, trial.id));
    expect(launched).toEqual([account.id]);
  });

  it('does so once, however often it is repeated, and also when a command had written the end before', async () => {
    const { account, journey, trial, input } = await save('saved');
    // As `recordCommand` of the command that ended it does.
    await world.run('escalate', { ...input, step: 'mail', n: 1, level: 1, clockShift: 0 });
    for (let k = 0; k < 3; k++) await world.run('conclude', input, hands);
    handedOver(await stands(account.id, journey.id, trial.id));
    expect(launched).toEqual([account.id]);
  });

  it('hands over exactly once whatever crashes', async () => {
    const { input: first } = await save('saved');
    const points: string[] = [];
    await world.run('conclude', first, { ...hands, probe: async (point) => void points.push(point) });
    expect(points).toEqual([
      'conclude:entered',
      'conclude:closed',
      'conclude:released',
      'conclude:handed-over',
      'conclude:written',
    ]);
    for (const at of points.keys()) {
      const { account, journey, trial, input } = await save('saved');
      expect(await concludeAndCrash(world, input, at, hands)).toBe('crashed');
      const between = await stands(account.id, journey.id, trial.id);
      if (points[at] === 'conclude:written') handedOver(between, points[at]);
      else expect([between.stored.length, between.opened.length, between.open.length]).toEqual([0, 0, 1]);
      await world.run('conclude', input, hands);
      handedOver(await stands(account.id, journey.id, trial.id), points[at]);
    }
  });

  it('begins what was to take it over and came too late, once, and hears of why; nothing where that starts nothing', async () => {
    for (const how of ['much', 'little']) {
      const { account, journey, input } = await save('churned');
      const id = `e-${journey.id}`;
      const at = new Date(START + HOUR / 2).toISOString();
      const event = { id, type: 'save.worse', account: account.id, at, data: { how } };
      const took = await world.db.transaction((tx) => hands.ingest!(tx, { ...stored, events: [event] }));
      expect(took.started).toEqual([]);
      const openOf = () =>
        world.db
          .select()
          .from(journeys)
          .where(eq(journeys.lock, `churn-save:${account.id}`));
      expect(await openOf()).toMatchObject([{ playbook: '900.saving', endedAt: null }]);
      for (let k = 0; k < 2; k++) await world.run('conclude', input, hands);
      const after = (await openOf()).map((row) => `${row.playbook} ${row.outcome ?? row.state}`).sort();
      expect(after).toEqual(['900.saving churned', ...(how === 'much' ? ['900.worse starting'] : [])]);
      const fresh = (await openOf()).find((row) => row.playbook === '900.worse');
      if (!fresh) continue;
      expect(launched).toEqual([account.id]);
      expect(fresh.anchor.toISOString()).toBe(at);
      const told = await world.db.select().from(deliveries).where(eq(deliveries.journeyId, fresh.id));
      expect(told).toMatchObject([{ causeId: id, happening: { t: 'event', type: 'save.worse' } }]);
    }
  });

  it('puts it before staff, once and with the reason, when what it hands over to is refused', async () => {
    const refusals = {
      reentry: `The account has been through 900.next in journey`,
      condition: 'its condition could not be worked out (evaluation-failed).',
    };
    for (const [why, words] of Object.entries(refusals)) {
      const { account, journey, input } = await save('saved');
      if (why === 'reentry') {
        const first = await addJourney(world, account.id, { of: after });
        const ended = { endedAt: new Date(START), state: 'ended', outcome: 'ended' };
        await world.db.update(journeys).set(ended).where(eq(journeys.id, first.id));
      } else await world.database.sql`update accounts set facts = '{"parts": 1}' where id = ${account.id}`;
      for (let k = 0; k < 2; k++) await world.run('conclude', input, hands);
      const asked = await world.db.select().from(tasks).where(eq(tasks.accountId, account.id));
      const playbook = why === 'reentry' ? '900.next' : '900.parts';
      const ours = asked.filter((task) => task.key === `not-started/end:${journey.id}/${playbook}`);
      expect(ours).toMatchObject([{ ownerRole: 'operations', state: 'open', journeyId: journey.id }]);
      expect(ours[0]!.instructions).toContain(`${playbook} was not begun: ${words}`);
      // What an event from outside starts in vain is in the audit trail alone.
      const event = { id: `e-${journey.id}`, type: 'save.done', account: account.id, data: { plan: 'starter' } };
      await world.db.transaction((tx) => hands.ingest!(tx, { ...stored, now: START + 2 * HOUR, events: [event] }));
      expect(await world.db.select().from(tasks).where(eq(tasks.accountId, account.id))).toHaveLength(asked.length);
    }
  });

  it('leaves nothing behind where its outcome says nothing', async () => {
    const { account, journey, trial, input } = await save('churned');
    await world.run('conclude', input, hands);
    const it = await stands(account.id, journey.id, trial.id);
    expect([it.stored, it.opened, it.open]).toEqual([[], [], []]);
  });

  it('ends all the same when it cannot hand over, and somebody is told', async () => {
    const { account, journey, trial, input } = await save('broken');
    await world.run('conclude', input, hands);
    expect((await stands(account.id, journey.id, trial.id)).ended).toHaveLength(1);
    const asked = await world.db.select().from(tasks).where(eq(tasks.journeyId, journey.id));
    expect(asked).toMatchObject([{ key: `${journey.id}/end/1/data-error`, state: 'open' }]);
    const closed = await save('saved');
    await world.db
      .update(accounts)
      .set({ closedAt: new Date(START) })
      .where(eq(accounts.id, closed.account.id));
    await world.run('conclude', closed.input, hands);
    const other = await stands(closed.account.id, closed.journey.id, closed.trial.id);
    expect([other.stored, other.opened, other.ended.length]).toEqual([[], [], 1]);
  });
});
