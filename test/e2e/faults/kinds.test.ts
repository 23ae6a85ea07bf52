import { randomUUID } from 'node:crypto';
import { and, eq, inArray, isNull, like } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accounts,
  audit,
  broadcastItems,
  commands,
  contacts,
  decisions,
  events,
  gates,
  holds,
  journeys,
  messages,
  tasks,
} from '../../../db/schema/index.ts';
import { timeSkipping } from '../../../temporal-config/time-skipping.ts';
import { startRig } from '../../../workers/rehearse/rig.ts';
import type { Rig } from '../../../workers/rehearse/rig.ts';
import { journeyStateQuery } from '../../../workflows/messages.ts';
import { eventually } from '../../support/eventually.ts';
import { testGround } from '../../support/ground.ts';
import { explain } from '../trial-rig.ts';
import { startMortal } from './dying.ts';

/** Monday, 10:00 in New York. */
const START = Date.parse('2026-03-02T15:00:00Z');
const RENEWAL = Date.parse('2026-03-04T05:00:00Z');
const AFFECTED = 30;

const names = ['onboarding', 'renewal', 'save', 'trial', 'term'] as const;
const id = Object.fromEntries(names.map((name) => [name, `${name}-${randomUUID().slice(0, 8)}`])) as Record<
  (typeof names)[number],
  string
>;
const affected = [...Array(AFFECTED).keys()].map((n) => `affected-${randomUUID().slice(0, 8)}-${n}`);
/** Message ids as the provider was given them. */
const left: string[] = [];

/** The API outlives every worker. */
let api: Rig;
let incident: { id: string; journey: string };
let worker: Awaited<ReturnType<typeof startMortal>>;

const must = async <T>(method: 'GET' | 'PUT' | 'POST', url: string, body?: unknown): Promise<T> => {
  const answer = await api.call<T>(method, url, body);
  if (answer.status >= 300) throw new Error(`${method} ${url}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
};
const put = (account: string, plan: string, facts = {}) =>
  must('PUT', `/v1/accounts/${account}`, {
    ...{ name: 'Lakeside', plan, timeZone: 'America/New_York', facts },
    contacts: ['primary', 'billing'].map((role) => ({
      ...{ role, email: `${role}@${account}.example`, consent: { email: true } },
    })),
  });
const begin = (account: string, playbook: string) => must('POST', '/v1/journeys', { playbook, account });
const tell = (account: string, type: string, data = {}) =>
  must('POST', '/v1/events', { events: [{ id: randomUUID(), account, type, data }] });
const approve = () =>
  open('save').then(({ id: journey }) =>
    api.call('POST', `/v1/journeys/${journey}/commands`, {
      ...{ id: 'approved', command: 'approve', step: 'ceo-personal-email', reason: 'it is good' },
    }),
  );

const rowsOf = (account: string) => api.database.db.select().from(journeys).where(eq(journeys.accountId, account));
const sentTo = async (account: string, template?: string) =>
  (await api.database.db.select().from(messages).where(eq(messages.accountId, account))).filter(
    (row) => row.state === 'sent' && (template === undefined || row.template === template),
  );
const noticed = () =>
  api.database.db
    .select()
    .from(messages)
    .where(and(inArray(messages.accountId, affected), eq(messages.state, 'sent')));
async function open(name: (typeof names)[number]) {
  const row = (await rowsOf(id[name])).find((one) => one.endedAt === null && one.key === null);
  if (!row) throw new Error(`${name} has no open journey`);
  return row;
}
/** As the run itself has it: its row follows with the next touch. */
const stateOf = async (name: (typeof names)[number]) =>
  api.client.workflow.getHandle((await open(name)).lock).query(journeyStateQuery);
const heldDraft = async () =>
  (await explain(api, (await open('save')).id)).some((one) => one.outcome === 'held' && one.reason === 'approval');
const outcomesOf = async (journey: string) =>
  Object.fromEntries((await explain(api, journey)).map((one) => [one.step, one.outcome]));

async function customers(): Promise<void> {
  const { db } = api.database;
  const at = new Date(START);
  const rest = { name: 'Acme', plan: 'starter', timeZone: 'UTC', facts: {}, rev: 1, createdAt: at, updatedAt: at };
  await db.insert(accounts).values(affected.map((account) => ({ id: account, ...rest })));
  await db.insert(gates).values(affected.map((accountId) => ({ accountId })));
  const contact = { role: 'primary', position: 0 };
  await db
    .insert(contacts)
    .values(
      affected.map((accountId) => ({ id: randomUUID(), accountId, email: `${accountId}@acme.test`, ...contact })),
    );
}

/** One of each kind in the middle of something, and the worker dies there. */
async function untilItDies(): Promise<void> {
  await Promise.all([
    put(id.onboarding, 'trial').then(() => tell(id.onboarding, 'subscription.started', { plan: 'business' })),
    put(id.renewal, 'professional', { renewal_date: '2026-06-30', auto_renew: true }).then(() =>
      begin(id.renewal, '001.renewal-reminders'),
    ),
    put(id.term, 'professional', { renewal_date: '2026-03-04', auto_renew: true }).then(() =>
      begin(id.term, '001.renewal-reminders'),
    ),
    put(id.trial, 'trial').then(() => begin(id.trial, '002.trial')),
    put(id.save, 'professional').then(() =>
      must('POST', `/v1/accounts/${id.save}/scores`, { model: '002.health.score', score: 35 }),
    ),
    customers(),
  ]);
  await eventually('the CEO has welcomed them', async () => (await sentTo(id.onboarding)).length === 1);
  await eventually('the trial is welcomed', async () => (await sentTo(id.trial)).length === 1);
  await eventually('a draft waits', heldDraft);

  const told = worker.dies({ workflowId: `onboarding:${id.onboarding}`, point: 'settled' });
  const between = worker.dies({
    ...{ workflowId: `renewal:${id.renewal}`, point: 'reserve:locked' },
    when: async () => (await sentTo(id.renewal, 'renewal_notice')).length === 1,
  });
  const handing = worker.dies({ workflowId: `trial:${id.trial}`, point: 'conclude:handed-over' });
  const handed = worker.dies({ workflowId: `renewal:${id.term}`, point: 'conclude:written' });
  const broadcasting = worker.dies({
    ...{ point: 'broadcast:settled', when: async () => (await noticed()).length >= AFFECTED / 3 },
  });
  await tell(id.onboarding, 'success_manager_assigned');
  await tell(id.renewal, 'facts_recorded', { renewal_date: '2026-03-24' });
  await tell(id.trial, 'purchase', { plan: 'professional' });
  const { lock, clockShift } = await open('term');
  await timeSkipping(api.client).fastForwardTo(lock, RENEWAL + 1 - clockShift);
  incident = await must('POST', '/v1/incidents', {
    ...{ title: 'Messages are delayed', severity: 'SEV-2', message: 'We are looking into it.' },
    affected: { accounts: affected },
  });
  await Promise.all([told(), between(), handing(), handed(), broadcasting(8)]);
  await worker.die();
}

let between: { notices: number; terms: number; onboardings: number; told: number };

beforeAll(async () => {
  const ground = await testGround();
  api = await startRig(ground, { withoutWorker: true });
  api.shiftTo(START);
  worker = await startMortal(ground, api.same, { at: START, left });
  await untilItDies();

  between = {
    notices: (await sentTo(id.renewal, 'renewal_notice')).length,
    terms: (await rowsOf(id.term)).length,
    onboardings: (await rowsOf(id.trial)).length,
    told: (await noticed()).length,
  };
  await Promise.all([approve(), tell(id.onboarding, 'plan_agreed'), tell(id.onboarding, 'kpis_agreed')]);
  await tell(id.renewal, 'renewal.decided', { decision: 'renew' });
  worker = await startMortal(ground, api.same, { at: RENEWAL + 60_000, left });
});
afterAll(async () => {
  await worker.die();
  await api.stop();
});

describe('a worker that dies in the middle of every kind, and another one that comes', () => {
  it('an onboarding goes on: the message that the run never heard of is not repeated, what happened meanwhile counts once', async () => {
    const journey = await open('onboarding');
    await eventually('all of it has come', async () => {
      const is = await outcomesOf(journey.id);
      return is['manager-introduction'] === 'sent' && is['plan-and-kpis'] === 'met' && is['assign-manager'] !== 'sent';
    });
    expect(await outcomesOf(journey.id)).toMatchObject({
      ...{ 'ceo-welcome': 'sent', 'ceo-call': 'sent', 'assign-manager': 'completed', 'manager-introduction': 'sent' },
      'plan-and-kpis': 'met',
    });
    expect((await stateOf('onboarding')).steps.foundations).toMatchObject({ st: 'done', outcome: 'completed', n: 1 });
    expect((await sentTo(id.onboarding)).map((row) => row.template).sort()).toEqual([
      'ceo_personal_welcome',
      'manager_introduction',
    ]);
    expect((await rowsOf(id.onboarding)).map((row) => row.playbook).sort()).toEqual([
      '002.onboarding.business',
      '002.onboarding.milestones',
    ]);
  });

  it('a legal notice that had reached one of two people reaches the other, and nobody twice', async () => {
    expect(between.notices).toBe(1);
    const journey = await open('renewal');
    await eventually('the notice is decided', async () => (await outcomesOf(journey.id))['renewal-notice'] === 'sent');
    const notices = await sentTo(id.renewal, 'renewal_notice');
    expect(notices.map((row) => row.to).sort()).toEqual([
      `billing@${id.renewal}.example`,
      `primary@${id.renewal}.example`,
    ]);
    expect(notices.every((row) => row.n === 1 && row.attempt === 1)).toBe(true);
    await eventually('the decision is known', async () => (await stateOf('renewal')).flags.decided);
  });

  it('a draft that waits is still there, and a word that was given while nobody worked sends it once', async () => {
    await eventually('it is approved and sent', async () => (await sentTo(id.save)).length === 1);
    expect(await approve()).toMatchObject({ status: 200, body: { accepted: true, id: 'approved' } });
    const { id: journey } = await open('save');
    const { db } = api.database;
    expect(await db.select().from(commands).where(eq(commands.journeyId, journey))).toMatchObject([
      { id: 'approved', state: 'applied' },
    ]);
    const said = and(eq(audit.target, `journey:${journey}`), eq(audit.action, 'journey.approve'));
    expect(await db.select().from(audit).where(said)).toHaveLength(1);
    const standing = and(eq(holds.accountId, id.save), isNull(holds.releasedAt));
    expect(await db.select().from(holds).where(standing)).toMatchObject([{ level: 'churn-save' }]);
    expect((await rowsOf(id.save)).map((row) => row.playbook)).toEqual(['002.churn.high-risk']);
    expect(await sentTo(id.save)).toMatchObject([{ step: 'ceo-personal-email', state: 'sent' }]);
  });

  it('a notice of an incident reaches everybody once, those before the death and those after', async () => {
    expect(between.told).toBeGreaterThanOrEqual(AFFECTED / 3);
    expect(between.told).toBeLessThan(AFFECTED);
    await eventually('everybody is told', async () => (await noticed()).length === AFFECTED);
    const told = await noticed();
    expect(told.map((row) => row.accountId).sort()).toEqual([...affected].sort());
    const items = await api.database.db
      .select()
      .from(broadcastItems)
      .where(inArray(broadcastItems.accountId, affected));
    await eventually('each is written down', () => items.length === AFFECTED);
    const seen = await must<{ journey: string }>('GET', `/v1/incidents/${incident.id}`);
    expect(await rowsOf((await mustRow(seen.journey)).accountId)).toHaveLength(1);
  });

  it('a trial whose end was taken back hands over when it ends again: one onboarding, one event', async () => {
    expect(between.onboardings).toBe(1);
    await eventually(
      'the onboarding is open',
      async () => (await rowsOf(id.trial)).filter((row) => row.state === 'running').length === 2,
    );
    expect((await rowsOf(id.trial)).map((row) => `${row.playbook} ${row.outcome ?? 'open'}`).sort()).toEqual([
      '002.onboarding.milestones open',
      '002.onboarding.professional open',
      '002.trial converted',
    ]);
    await once(id.trial, 'trial.converted');
  });

  it('a renewal whose end was written begins the next term once, though nobody lived to start its run', async () => {
    expect(between.terms).toBe(2);
    await eventually('the next term runs', async () => (await rowsOf(id.term)).some((row) => row.state === 'running'));
    expect((await rowsOf(id.term)).map((row) => `${row.playbook} ${row.outcome ?? 'open'}`).sort()).toEqual([
      '001.renewal-reminders open',
      '001.renewal-reminders renewed',
    ]);
    await once(id.term, 'subscription.renewed');
    expect(await must('GET', `/v1/accounts/${id.term}`)).toMatchObject({ facts: { renewal_date: '2027-03-04' } });
  });

  it('and altogether nothing was handed to the provider, decided, asked of staff or ended twice', async () => {
    const { db } = api.database;
    const all = await eventually('nothing is on its way', async () => {
      const rows = await db.select().from(messages);
      return rows.every((row) => row.state !== 'intended') && rows;
    });
    expect(new Set(left).size).toBe(left.length);
    expect(new Set(all.map((row) => row.messageId)).size).toBe(all.length);
    const keys = all.map((row) => [row.journeyId, row.step, row.n, row.accountId, row.contactId, row.channel].join());
    expect(new Set(keys).size).toBe(keys.length);
    for (const row of all) expect(['sent', 'draft'], `${row.step} ${row.error}`).toContain(row.state);
    for (const { step, history } of await db.select().from(decisions)) {
      const words = history.map((word) => word.outcome).filter((word) => word !== 'held');
      expect(new Set(words).size, step).toBe(words.length);
    }
    const asked = (await db.select().from(tasks)).map((row) => row.key);
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.filter((key) => /in-doubt|data-error|legal-kept-back/.test(key))).toEqual([]);
    const ended = (await db.select().from(audit).where(eq(audit.action, 'journey.ended'))).map((row) => row.target);
    expect(new Set(ended).size).toBe(ended.length);
    expect(ended).toHaveLength(2);
  });
});

const mustRow = async (journey: string) =>
  (await api.database.db.select().from(journeys).where(eq(journeys.id, journey)))[0]!;

/** The end of the journey before has stored that event once. */
async function once(account: string, type: string): Promise<void> {
  const stored = and(eq(events.accountId, account), eq(events.type, type), like(events.id, 'end:%'));
  expect(await api.database.db.select().from(events).where(stored)).toHaveLength(1);
}
