import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createJourneyActivities } from '../../../activities/deliver/create-activities.ts';
import type { JourneyDeps } from '../../../activities/deliver/deps.ts';
import { defaultPolicy } from '../../../activities/arbiter/policy.ts';
import { createEmbeddedCrm } from '../../../activities/crm/crm.ts';
import type { OutgoingMail, SendResult } from '../../../activities/ports.ts';
import type { CompiledTemplate } from '../../../activities/render/template-schema.ts';
import { openDatabase } from '../../../db/database.ts';
import { insertJourney } from '../../../db/queries/journeys/insert-journey.ts';
import { insertPlaybook } from '../../../db/queries/playbooks/insert-playbook.ts';
import { insertTemplate } from '../../../db/queries/playbooks/insert-template.ts';
import { accounts, consents, contacts, crmAccounts, gates } from '../../../db/schema/index.ts';
import { prepareStart } from '../../../playbooks/prepare-start.ts';
import { Playbook } from '../../../workflows/contracts/playbook.ts';
import type { DeliverInput, State } from '../../../workflows/contracts/journey.ts';
import { createTestDatabase } from '../../support/postgres.ts';

/** Wednesday, 10:00 in Berlin. */
export const START = Date.UTC(2026, 2, 4, 9, 0);
export const HOUR = 3_600_000;

const message = { channel: 'email', due: { window: 'none' }, template: 'plain_mail' };
export const playbook = Playbook.parse({
  id: '900.test',
  kind: 'trial',
  title: 'Everything a touch can be',
  summary: '',
  fulfils: ['002.trial'],
  reads: {
    facts: {
      vip: { type: 'boolean', doc: 'x' },
      nickname: { type: 'string', doc: 'x' },
      was_missed: { type: 'boolean', doc: 'x' },
    },
    metrics: { conversations: { unit: 'conversations', doc: 'x' } },
    events: {},
  },
  config: { percent: { value: 25, doc: 'x' }, callSla: { value: 'PT4H', doc: 'x' } },
  anchors: { trialEnd: { from: 'start', after: 'P14D' } },
  outcomes: { won: { crmStage: 'customer', note: 'Won.', won: true } },
  offers: [
    {
      id: 'discount',
      title: 'Discount',
      terms: { discount_percent: '$percent' },
      opportunity: { title: 'Discounted month', amountMinor: 4900, currency: 'USD' },
    },
  ],
  stages: [
    {
      id: 'only',
      title: 'Only',
      enter: 'journey',
      steps: [
        { id: 'mail', kind: 'message', title: 'Mail', class: 'marketing', ...message },
        { id: 'mail-2', kind: 'message', title: 'Mail 2', class: 'marketing', ...message },
        { id: 'service', kind: 'message', title: 'Service mail', class: 'service', ...message },
        { id: 'legal', kind: 'message', title: 'Legal mail', class: 'legal', ...message },
        {
          id: 'text',
          kind: 'message',
          title: 'Text',
          class: 'marketing',
          channel: 'sms',
          due: { window: 'none' },
          template: 'plain_sms',
        },
        {
          id: 'vip',
          kind: 'message',
          title: 'Vip',
          class: 'marketing',
          ...message,
          condition: 'facts.vip',
          conditionReason: 'no-vip',
        },
        {
          id: 'broken',
          kind: 'message',
          title: 'Broken',
          class: 'service',
          ...message,
          template: 'needs_name',
          data: { nickname: 'facts.nickname' },
        },
        {
          id: 'offer',
          kind: 'offer',
          title: 'Offer',
          class: 'marketing',
          ...message,
          offer: 'discount',
          open: { expires: { from: 'trialEnd' } },
          crm: { stage: 'evaluating', note: 'Offered a discount.' },
        },
        {
          id: 'call',
          kind: 'task',
          title: 'Call',
          class: 'service',
          due: { window: 'none' },
          task: { owner: 'csm', instructions: 'Call them.', sla: '$callSla', minutes: 15 },
          open: {
            expires: { from: 'start', after: 'P3D' },
            otherwise: 'missed',
            escalations: [{ after: 'PT5H', to: 'cs-lead' }],
          },
        },
        {
          id: 'active',
          kind: 'check',
          title: 'Active',
          due: { window: 'none' },
          met: 'metrics.conversations >= 3.0',
          missedFact: 'was_missed',
        },
        {
          id: 'list',
          kind: 'checklist',
          title: 'List',
          class: 'service',
          due: { window: 'none' },
          open: {
            items: [
              { id: 'given', title: 'Given', provided: true },
              { id: 'todo', title: 'To do' },
            ],
          },
        },
      ],
    },
  ],
});

const template = (
  id: string,
  channel: 'email' | 'sms',
  text: string,
  variables: CompiledTemplate['variables'] = {},
): CompiledTemplate => ({
  id,
  major: 1,
  channel,
  class: 'service',
  variables,
  used: ['first_name', ...Object.keys(variables)],
  parts: { ...(channel === 'email' ? { subject: 'Hello {{ first_name }}', html: `<p>${text}</p>` } : {}), text },
  sha256: `${id}-1`,
});
const needed = { nickname: { type: 'string' as const, required: true, sample: 'x', doc: 'x' } };
const templates = [
  template('plain_mail', 'email', 'Hello {{ first_name }}.'),
  template('plain_sms', 'sms', 'Hello {{ first_name }}.'),
  template('needs_name', 'email', 'Hello {{ nickname }}.', needed),
];

/** A provider that counts what really left, and answers as it is told. */
export function fakeMailer(provider = 'fake-smtp') {
  const left: OutgoingMail[] = [];
  const mailer = {
    provider,
    left,
    /** Asked before anything leaves; an answer other than `sent` means that nothing did, but for `in-doubt`. */
    answers: [] as (SendResult | ((mail: OutgoingMail) => Promise<SendResult | undefined>))[],
    async send(mail: OutgoingMail): Promise<SendResult> {
      const next = mailer.answers.shift();
      const told = typeof next === 'function' ? await next(mail) : next;
      if (told === undefined || told.state !== 'refused') left.push(mail);
      return told ?? { state: 'sent', providerId: `p-${left.length}`, receipt: '250 ok' };
    },
    close: async () => {},
  };
  return mailer;
}

const silent = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
function nothing() {}

/** An environment for one attempt that logs nothing. */
export const quietEnvironment = (info: ConstructorParameters<typeof MockActivityEnvironment>[0] = {}) =>
  new MockActivityEnvironment(info, { logger: silent });

/** One test's own database with the test playbook, and everything to run attempts of activities against it. */
export async function createWorld() {
  const own = await createTestDatabase();
  const database = openDatabase(own.url, { max: 6 });
  const mailer = fakeMailer();
  const texts = fakeMailer('fake-sms');
  const time = { now: START };
  const published = new Date(START - HOUR);
  for (const compiled of templates) await insertTemplate(database.db, { compiled, now: published });
  const { version } = await insertPlaybook(database.db, {
    playbook,
    source: 'test',
    sha256: 'test',
    by: 'test',
    now: published,
  });
  const deps: JourneyDeps = {
    database,
    clock: () => time.now,
    mailer,
    sms: {
      provider: 'fake-sms',
      send: (sms) => texts.send({ ...sms, from: '', subject: '', messageId: '', headers: {} }),
    },
    crm: createEmbeddedCrm(),
    settings: {
      secret: 'a secret of more than sixteen characters',
      publicUrl: 'http://127.0.0.1:4000',
      mailFrom: 'Tenure <hello@example.com>',
      systemZone: 'UTC',
      policy: defaultPolicy,
    },
    log: silent as unknown as JourneyDeps['log'],
  };
  return {
    url: own.url,
    database,
    db: database.db,
    mailer,
    texts,
    time,
    deps,
    version,
    /** Runs one attempt of an activity. */
    run<K extends keyof ReturnType<typeof createJourneyActivities>>(
      name: K,
      input: Parameters<ReturnType<typeof createJourneyActivities>[K]>[0],
      more: Partial<JourneyDeps> = {},
      env = quietEnvironment(),
    ) {
      const activity = createJourneyActivities({ ...deps, ...more })[name] as (i: unknown) => Promise<unknown>;
      const run = env.run.bind(env) as (f: typeof activity, i: unknown) => Promise<unknown>;
      return run(activity, input) as ReturnType<ReturnType<typeof createJourneyActivities>[K]>;
    },
    async close() {
      await database.close();
      await own.drop();
    },
  };
}
export type World = Awaited<ReturnType<typeof createWorld>>;

/** An account of the test's own with one contact that has everything. */
export async function addAccount(
  world: World,
  more: { sms?: boolean; email?: boolean; zone?: string; noEmail?: boolean } = {},
) {
  const id = `acc-${randomUUID().slice(0, 8)}`;
  const contact = randomUUID();
  const at = new Date(START - HOUR);
  const zone = more.zone ?? 'Europe/Berlin';
  await world.db
    .insert(accounts)
    .values({ id, name: 'Acme', plan: 'starter', timeZone: zone, facts: {}, rev: 1, createdAt: at, updatedAt: at });
  await world.db.insert(gates).values({ accountId: id });
  await world.db.insert(crmAccounts).values({ accountId: id, stage: 'trial', updatedAt: at });
  await world.db.insert(contacts).values({
    id: contact,
    accountId: id,
    role: 'primary',
    position: 0,
    name: 'Ada Lovelace',
    email: more.noEmail ? null : `${id}@example.org`,
    phone: '+4915112345678',
  });
  const said = { contactId: contact, source: 'test', at, recordedAt: at };
  if (more.sms !== undefined)
    await world.db.insert(consents).values({ ...said, id: randomUUID(), channel: 'sms', given: more.sms });
  if (more.email !== undefined)
    await world.db.insert(consents).values({ ...said, id: randomUUID(), channel: 'email', given: more.email });
  return { id, contact, email: `${id}@example.org` };
}

/** Another contact of an account. */
export async function addContact(
  world: World,
  accountId: string,
  more: { role: string; position: number; email?: string | null; zone?: string },
) {
  const id = randomUUID();
  const { role, position, email = `${role}.${accountId}@example.org`, zone = null } = more;
  await world.db
    .insert(contacts)
    .values({ id, accountId, role, position, name: `${role} Person`, email, phone: null, timeZone: zone });
  return { id, email };
}

/** Publishes another playbook beside the one that every world has. */
export async function publish(world: World, definition: Playbook): Promise<{ playbook: Playbook; version: number }> {
  const { version } = await insertPlaybook(world.db, {
    playbook: definition,
    source: 'test',
    sha256: definition.id,
    by: 'test',
    now: new Date(START - HOUR),
  });
  return { playbook: definition, version };
}

/** An open journey of an account, and the inputs that its run would call activities with. */
export async function addJourney(
  world: World,
  account: string,
  more: { key?: string; of?: { playbook: Playbook; version: number }; facts?: Record<string, unknown> } = {},
) {
  const id = randomUUID();
  const { playbook: definition, version } = more.of ?? { playbook, version: world.version };
  const start = {
    playbook: definition,
    version,
    account: { id: account, name: 'Acme', plan: 'starter', timeZone: 'Europe/Berlin', facts: more.facts ?? {} },
    contacts: [{ role: 'primary' }],
    owner: 'grace',
    now: START,
    journeyId: id,
    systemZone: 'UTC',
  };
  const { timetable, state } = prepareStart(start);
  await world.db.transaction((tx) =>
    insertJourney(tx, {
      id,
      lock: [definition.kind, account, more.key].filter(Boolean).join(':'),
      kind: definition.kind,
      accountId: account,
      key: more.key ?? null,
      playbook: definition.id,
      version,
      state: 'running',
      plan: 'starter',
      owner: 'grace',
      anchor: new Date(START),
      options: {},
      timetable,
      rev: state.rev,
      snapshot: state,
      snapshotAt: new Date(START),
      clockShift: 0,
      startedBy: 'test',
      startedAt: new Date(START),
    }),
  );
  /** As if a tick had just started this step. */
  const touching = (step: string, from: State = state): State => ({
    ...from,
    rev: from.rev + 1,
    steps: { ...from.steps, [step]: { ...from.steps[step]!, st: 'sending', n: 1, due: START } },
  });
  const touch = (step: string, of: Partial<DeliverInput> = {}): DeliverInput => ({
    journeyId: id,
    account,
    step,
    n: 1,
    due: START,
    staleAfter: START + 24 * HOUR,
    clockShift: 0,
    state: touching(step),
    ...of,
  });
  return { id, timetable, state, touch, touching };
}
