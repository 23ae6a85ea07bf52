import { randomUUID } from 'node:crypto';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JourneyDeps } from '../../../activities/deliver/deps.ts';
import { forgetAccount } from '../../../api/accounts/forget-account.ts';
import { ingestEvents } from '../../../api/events/ingest-events.ts';
import { takeUp } from '../../../api/events/take-up.ts';
import { openJourney } from '../../../api/journeys/open-journey.ts';
import { openJourneys } from '../../../api/journeys/open-journeys.ts';
import { catalogReader, mustFind } from '../../../api/playbooks/catalog.ts';
import { openDatabase } from '../../../db/database.ts';
import type { Database, Tx } from '../../../db/database.ts';
import { insertCommand } from '../../../db/queries/commands/insert-command.ts';
import { closeCircuit, openCircuit } from '../../../db/queries/holds/circuit.ts';
import { holdForJourney } from '../../../db/queries/holds/journey-hold.ts';
import { placeHold } from '../../../db/queries/holds/place-hold.ts';
import { releaseHold } from '../../../db/queries/holds/release-hold.ts';
import { holdAffected, releaseAffected } from '../../../db/queries/incidents/hold-affected.ts';
import { insertIncident } from '../../../db/queries/incidents/insert-incident.ts';
import { requestScores } from '../../../db/queries/scores/score-requests.ts';
import { answerOffer } from '../../../db/queries/offers/answer-offer.ts';
import { completeTask } from '../../../db/queries/tasks/complete-task.ts';
import { insertWatches } from '../../../db/queries/watches/insert-watches.ts';
import {
  accounts,
  decisions,
  holds,
  incidentAccounts,
  journeys,
  messages,
  offers,
  tasks,
} from '../../../db/schema/index.ts';
import { healthPolicy } from '../../../playbooks/scores/policy.ts';
import { scoreRequested } from '../../../playbooks/scores/score-requested.ts';
import type { Command } from '../../../workflows/contracts/commands.ts';
import type { EventBody } from '../../../workflows/contracts/api.ts';
import type { ConcludeInput } from '../../../workflows/contracts/journey.ts';
import { Playbook } from '../../../workflows/contracts/playbook.ts';
import { doneOrBlocked, slowWayTo } from '../../support/interleave.ts';
import { HOUR, START, addAccount, addJourney, createWorld, publish } from './fixture.ts';
import type { World } from './fixture.ts';

const mail = { id: 'mail', kind: 'message', title: 'Mail', class: 'service', channel: 'email', template: 'plain_mail' };
const stage = { id: 'only', title: 'Only', enter: 'journey', steps: [{ ...mail, due: { window: 'none' } }] };
const base = { summary: '', fulfils: ['002.churn.high-risk'], reentry: 'always', stages: [stage] };
const saving = Playbook.parse({
  ...{ id: '900.saving', kind: 'churn-save', title: 'Saving', holds: { level: 'churn-save' }, ...base },
  reads: {
    facts: { was_saved: { type: 'boolean', doc: 'x' } },
    metrics: {},
    events: { 'save.done': { doc: 'x', fields: {} } },
  },
  outcomes: { saved: { facts: { was_saved: 'true' }, emits: { event: 'save.done', data: {} } }, lost: {} },
});
const worse = Playbook.parse({
  ...{ id: '900.worse', kind: 'churn-save', title: 'Worse', holds: { level: 'cancellation' }, ...base },
  trigger: { event: 'save.worse', takesOver: ['900.saving'] },
  reads: { facts: {}, metrics: {}, events: { 'save.worse': { doc: 'x', fields: {} } } },
});
const next = Playbook.parse({
  ...{ id: '900.next', kind: 'onboarding', title: 'Next', holds: { level: 'renewal' }, ...base },
  trigger: [{ event: 'save.done' }, { event: 'save.worse' }],
  reads: { facts: {}, metrics: {}, events: { ...saving.reads.events, ...worse.reads.events } },
});

let world: World;
let way: Awaited<ReturnType<typeof slowWayTo>>;
let database: Database;
let of: Awaited<ReturnType<typeof publish>>;
let hands: Pick<JourneyDeps, 'database' | 'ingest' | 'takeUp' | 'launch'>;
const catalogOf = catalogReader();
beforeAll(async () => {
  world = await createWorld();
  of = await publish(world, saving);
  await publish(world, worse);
  await publish(world, next);
  const { secret, systemZone } = world.deps.settings;
  // Nobody is to wait for long until a deadlock is found.
  await world.db.execute(
    sql.raw(`alter database "${new URL(world.url).pathname.slice(1)}" set deadlock_timeout = '25ms'`),
  );
  way = await slowWayTo(world.url, 3);
  database = openDatabase(way.url, { max: 40 });
  hands = {
    database,
    ingest: async (tx, given) => ingestEvents(tx, { ...given, catalog: await catalogOf(tx), secret, systemZone }),
    takeUp: async (tx, given) => takeUp(tx, { ...given, catalog: await catalogOf(tx), systemZone }),
    launch: () => Promise.resolve(),
  };
});
afterAll(async () => {
  await database.close();
  way.close();
  await world.close();
});
beforeEach(() => {
  world.time.now = START;
  world.mailer.answers.length = 0;
});

const now = new Date(START + HOUR);
const by = { actor: 'test', reason: 'x', now, patienceMs: 0 };
const perSecond = 5;
const inTx = <T>(work: (tx: Tx) => Promise<T>) => database.db.transaction(work);
const event = (account: string, type: string, data: EventBody['data'] = {}): EventBody => ({
  ...{ id: randomUUID(), account, type, data },
});
const ingest = (...events: EventBody[]) =>
  inTx((tx) => hands.ingest!(tx, { events, actor: 'test', now: now.getTime(), clockShift: 0 }));

/** An account in a save that holds everybody else back, and in a trial with an offer, a task and a watched figure. */
async function company() {
  const account = await addAccount(world);
  const trial = await addJourney(world, account.id);
  const save = await addJourney(world, account.id, { of });
  const given = { journeyId: save.id, accountId: account.id, level: 'churn-save', reason: 'x', now, perSecond };
  for (const step of ['offer', 'call']) await world.run('deliver', trial.touch(step));
  await world.db.transaction((tx) => holdForJourney(tx, given));
  const watches = [{ id: 'much', metric: 'conversations', rises: 3 }];
  for (const { id: journeyId } of [trial, save])
    await world.db.transaction((tx) => insertWatches(tx, { journeyId, accountId: account.id, watches, now }));
  const at = now.getTime();
  const ending = (outcome: string): ConcludeInput => {
    const state = { ...save.state, rev: save.state.rev + 5, ended: { outcome, how: 'goal' as const, at } };
    return { journeyId: save.id, account: account.id, at, state };
  };
  return { account: account.id, contact: account.contact, trial, save, ending };
}

const stateOf = async (account: string) => ({
  open: await world.db
    .select()
    .from(journeys)
    .where(and(eq(journeys.accountId, account), isNull(journeys.endedAt))),
  holds: await world.db
    .select()
    .from(holds)
    .where(and(eq(holds.accountId, account), isNull(holds.releasedAt))),
});

describe('the end of a journey and an event of its account at the same moment', () => {
  it.each(['conclude:entered', 'conclude:released'])(
    'do not block each other, and the event finds what the end has opened (%s)',
    async (where) => {
      const { account, save, ending } = await company();
      let taking: Promise<unknown> | undefined;
      const probe = async (point: string) => {
        if (point === where) await doneOrBlocked(world.database, (taking = ingest(event(account, 'save.worse'))));
      };
      await world.run('conclude', ending('saved'), { ...hands, probe });
      await taking;
      const { open } = await stateOf(account);
      expect(open.map((one) => one.playbook).sort()).toEqual(['900.next', '900.test', '900.worse']);
      expect(open.map((one) => one.id)).not.toContain(save.id);
    },
  );

  it('leave no hold of the journey that has ended, and the one that was to take it over begins', async () => {
    const { account, save, ending } = await company();
    let taking: Promise<unknown> | undefined;
    const probe = async (point: string) => {
      if (point === 'conclude:handed-over')
        await doneOrBlocked(world.database, (taking = ingest(event(account, 'save.worse'))));
    };
    await world.run('conclude', ending('lost'), { ...hands, probe });
    await taking;
    const left = await stateOf(account);
    expect(left.open.map((one) => one.playbook).sort()).toEqual(['900.next', '900.test', '900.worse']);
    expect(left.holds.map((one) => one.by)).not.toContain(`journey:${save.id}`);
  });
});

describe('an account that is erased while a message of it is being reserved', () => {
  it('keeps nothing of that message', async () => {
    const { account, trial } = await company();
    let erasing: Promise<unknown> | undefined;
    const probe = async (point: string) => {
      if (point === 'reserve:decided') erasing = inTx((tx) => forgetAccount(tx, account, 'test', now.getTime()));
      if (point === 'reserve:decided') await doneOrBlocked(world.database, erasing!);
    };
    await world.run('deliver', trial.touch('legal'), { ...hands, probe });
    await erasing;
    const rows = await world.db
      .select()
      .from(messages)
      .where(and(eq(messages.accountId, account), eq(messages.step, 'legal')));
    expect(rows).toMatchObject([{ to: null, subject: null, html: null, text: '' }]);
  });
});

describe('a word about a step, and what its run says of it at the same moment', () => {
  it.each(['call', 'offer'])('do not block each other, and the first stands (%s)', async (step) => {
    const { trial } = await company();
    const [[task], [offer]] = await Promise.all([
      world.db.select().from(tasks).where(eq(tasks.journeyId, trial.id)),
      world.db.select().from(offers).where(eq(offers.journeyId, trial.id)),
    ]);
    const outcome: 'missed' | 'expired' = step === 'call' ? 'missed' : 'expired';
    const over = {
      ...{ st: 'done' as const, n: 1, since: START, outcome, at: now.getTime() },
      reason: 'not-answered' as const,
    };
    const state = { ...trial.state, rev: trial.state.rev + 2, steps: { ...trial.state.steps, [step]: over } };
    const answer = { rev: state.rev, status: 'running' as const, changes: [] };
    // Both come to the decision, of which a third keeps them for a moment.
    const { recording, saying } = await inTx(async (tx) => {
      const of = and(eq(decisions.journeyId, trial.id), eq(decisions.step, step));
      await tx.select().from(decisions).where(of).for('update');
      const input = { journeyId: trial.id, commandId: 'none', answer, state, at: now.getTime() };
      const first = world.run('recordCommand', input, hands);
      await doneOrBlocked(world.database, first);
      const second =
        step === 'call'
          ? completeTask(database.db, { ...by, id: task!.id, what: 'completed' })
          : answerOffer(database.db, { ...by, id: offer!.id, answer: 'accepted' });
      const said = second.catch((error: unknown) => error);
      await doneOrBlocked(world.database, said, 2);
      return { recording: first, saying: said };
    });
    await recording;
    expect(await saying).toMatchObject({ code: step === 'call' ? 'already-decided' : 'gone' });
  });
});

describe('everything that may happen to an account at once', () => {
  it('never ends in a deadlock', async () => {
    const failures: string[] = [];
    const counted = (name: string, work: () => Promise<unknown>) => () =>
      work().catch((error: unknown) => void failures.push(`${name}: ${codeOf(error)}`));
    for (let round = 0; round < 3; round++) {
      const pair = [await company(), await company()];
      const works = [...(await happenings(pair)), ...pair.flatMap((one) => happeningsOf(one))];
      const inOrder = works.map((work, k) => ({ work, at: (k * 7 + round * 11) % works.length }));
      inOrder.sort((a, b) => a.at - b.at);
      await Promise.all(inOrder.map(({ work: [name, work] }) => counted(name, work)()));
    }
    // On a machine that is too busy a statement, a transaction or a greeting may wait for its turn longer than it lives; that is no deadlock.
    expect(failures.filter((one) => !/57014|25P03|CONNECT_TIMEOUT/.test(one))).toEqual([]);
  });
});

type Company = Awaited<ReturnType<typeof company>>;
type Work = [name: string, work: () => Promise<unknown>];

function happeningsOf({ account, trial, save, ending }: Company): Work[] {
  const { secret, systemZone } = world.deps.settings;
  const store = async (tx: Tx, given: { id: string }) =>
    void (await ingestEvents(tx, {
      ...{ events: [{ ...event(account, 'save.worse'), id: given.id }], actor: 'test', now: now.getTime() },
      ...{ catalog: await catalogOf(tx), secret, systemZone },
    }));
  const rowOf = async (table: typeof offers | typeof tasks) =>
    (await database.db.select({ id: table.id }).from(table).where(eq(table.journeyId, trial.id)))[0]!.id;
  const run: Command = { id: 'c1', name: 'change-plan', plan: 'professional' };
  const change = { journeyId: trial.id, id: 'c1', run, bodyHash: 'x', actor: 'test', reason: 'x', receivedAt: now };
  const answered = { ...trial.state, rev: trial.state.rev + 2, answered: { c1: trial.state.rev + 2 } };
  const expired = { ...trial.state.steps.call!, st: 'done' as const, n: 1, since: START, outcome: 'missed' as const };
  const state = { ...answered, steps: { ...answered.steps, call: expired } };
  const answer = { rev: state.rev, status: 'running' as const, changes: [] };
  return [
    ['conclude', () => world.run('conclude', ending('saved'), hands)],
    ['take over', () => ingest(event(account, 'save.worse'))],
    ['figures', () => ingest(event(account, 'metrics_recorded', { conversations: 4 }), event(account, 'save.worse'))],
    ['usage', () => ingest(event(account, 'usage_recorded', { conversations: 4 }))],
    ['check', () => world.run('deliver', trial.touch('active'), hands)],
    ['mail', () => world.run('deliver', trial.touch('mail'), hands)],
    ['mail of the save', () => world.run('deliver', save.touch('mail'), hands)],
    ['list', () => world.run('deliver', trial.touch('list'), hands)],
    ['answer', async () => answerOffer(database.db, { ...by, id: await rowOf(offers), answer: 'accepted', store })],
    ['task', async () => completeTask(database.db, { ...by, id: await rowOf(tasks), what: 'completed' })],
    [
      'plan',
      async () => {
        await inTx((tx) => insertCommand(tx, change));
        await world.run('recordCommand', { journeyId: trial.id, commandId: 'c1', answer, state, at: START }, hands);
      },
    ],
    [
      'hold',
      async () => {
        const { id } = (await placeHold(database.db, { ...by, accountId: account })).hold;
        await releaseHold(database.db, { ...by, id, perSecond });
      },
    ],
    [
      'start',
      async () => {
        const playbook = mustFind(await catalogOf(database.db), '900.next');
        const given = { id: randomUUID(), playbook, body: { account }, actor: 'test', systemZone, now: now.getTime() };
        await inTx((tx) => openJourney(tx, given));
      },
    ],
  ];
}

/** What concerns both, in the order of neither. */
async function happenings([one, other]: Company[]): Promise<Work[]> {
  const incidentId = randomUUID();
  const row = { id: incidentId, kind: 'platform', title: 'x', status: 'Investigating', source: 'api' } as const;
  await inTx(async (tx) => {
    const { id: journeyId } = await addJourney(world, (await addAccount(world)).id);
    await insertIncident(tx, { ...row, journeyId, accounts: 2, updates: 0, openedBy: 'x', openedAt: now });
    const affected = [one!, other!].map((each) => ({ incidentId, accountId: each.account }));
    await tx.insert(incidentAccounts).values(affected.map((each) => ({ ...each, plan: 'starter', addedAt: now })));
    await requestScores(
      tx,
      affected.map(({ accountId }) => ({ accountId, eventId: randomUUID(), at: now })),
    );
  });
  const both = (first: Company, second: Company) =>
    ['save.worse', 'save.done'].flatMap((type) => [event(first.account, type), event(second.account, type)]);
  const sweep = async (ids: string[]) => {
    const playbook = mustFind(await catalogOf(database.db), '900.next');
    const rows = await database.db
      .select()
      .from(accounts)
      .where(sql`id = any(${sql.param(ids)}::text[])`);
    const given = ids.map((id) => rows.find((each) => each.id === id)!);
    const { systemZone } = world.deps.settings;
    const openings = { playbookOf: () => playbook, accounts: given, actor: 'test', systemZone, now: now.getTime() };
    await inTx((tx) => openJourneys(tx, openings));
  };
  const circuit = { provider: 'elsewhere', reason: 'x', now, probeAt: now };
  return [
    ['batch', () => ingest(...both(one!, other!))],
    ['batch', () => ingest(...both(other!, one!))],
    ['sweep', () => sweep([one!.account, other!.account])],
    ['sweep', () => sweep([other!.account, one!.account])],
    ['scores', () => inTx((tx) => scoreRequested(tx, { policy: healthPolicy, ingest: noEvents, now, limit: 10 }))],
    ['circuit', () => inTx((tx) => openCircuit(tx, circuit))],
    ['circuit', () => inTx((tx) => closeCircuit(tx, { provider: 'elsewhere', now, perSecond }))],
    [
      'incident',
      async () => {
        await inTx((tx) => holdAffected(tx, { incidentId, level: 'sev1', reason: 'x', by: 'x', now }));
        await inTx((tx) => releaseAffected(tx, { incidentId, only: 'all', by: 'x', now, perSecond }));
      },
    ],
  ];
}

const noEvents = () => Promise.resolve({ started: [] });

function codeOf(error: unknown): string {
  for (let e = error as { code?: string; message?: string; cause?: unknown }; e; e = e.cause as typeof e) {
    const code = e.code ?? /\(([0-9A-Z]{5})\)/.exec(e.message ?? '')?.[1];
    if (code) return code;
  }
  return String(error);
}
