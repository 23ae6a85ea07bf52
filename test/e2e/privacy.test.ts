import { NativeConnection } from '@temporalio/worker';
import type { temporal } from '@temporalio/proto';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SendResult } from '../../activities/ports.ts';
import { publish } from '../../playbooks/publish/publish.ts';
import { workflowBundle } from '../../temporal-config/bundle.ts';
import { projectRoot } from '../../temporal-config/root.ts';
import { composePorts } from '../../workers/ports.ts';
import { startRig } from '../../workers/rehearse/rig.ts';
import type { Ground, Rig } from '../../workers/rehearse/rig.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';
import { hearRuntime, testClient, testEngine } from '../support/engine.ts';
import { createTestDatabase, publishedDatabase } from '../support/postgres.ts';
import { START } from './personas.ts';
import { atRest, explain, liveUntil, messagesOf, startTrial } from './trial-rig.ts';

/** What nobody else says: every word that went in, by where it went in. */
const PERSONAL = {
  company: 'Quillfeather',
  contact: 'Ottoline',
  surname: 'Vexworth',
  mailbox: 'ottoline.vexworth',
  domain: 'quillfeather.example',
  phone: '2125559137',
  billing: 'zebediah',
  fact: 'xylophone-leasing',
  reason: 'shingles',
  note: 'cried-on-the-phone',
  taskOutcome: 'bankruptcy-looms',
  holdReason: 'funeral',
  invalid: 'mistyped-mailbox',
  copy: 'Welcome',
};
const SECRET = Object.entries(PERSONAL).filter(([where]) => where !== 'copy');

const start = Date.parse(START);
const logged: string[] = [];
const refusals: { request: string; status: number; body: string }[] = [];
let rig: Rig;
let shift: number;
let answers: (() => Promise<SendResult>)[] = [];
let providerCalls = 0;

beforeAll(async () => {
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) });
  hearRuntime(log);
  const ground: Ground = {
    client: await testClient(),
    connection: await NativeConnection.connect({ address: testEngine().address }),
    bundle: await workflowBundle(),
    newDatabase: async () => (await createTestDatabase(publishedDatabase)).url,
    log,
  };
  const { mailer } = composePorts({});
  const send: typeof mailer.send = (mail, o) => {
    const next = answers.shift();
    providerCalls += next ? 1 : 0;
    return next?.() ?? mailer.send(mail, o);
  };
  rig = await startRig(ground, { ports: { mailer: { ...mailer, send } } });
  shift = rig.shiftTo(start);
  await publish(rig.database.db, { source: await brokenPlaybook(), by: 'test', now: new Date(0) });
});
afterAll(async () => {
  await rig.stop();
  hearRuntime(undefined);
});

/** The trial with a welcome whose data cannot be had. */
async function brokenPlaybook(): Promise<string> {
  const source = await readFile(join(projectRoot(), 'playbooks', 'trial', '002.trial.yaml'), 'utf8');
  const playbook = parse(source) as { trigger?: unknown; stages: { steps: { data?: Record<string, string> }[] }[] };
  delete playbook.trigger;
  playbook.stages[0]!.steps[0]!.data!.use_case =
    'timestamp(facts.use_case) > journey.trial_end ? "late" : facts.use_case';
  return stringify({ ...playbook, id: '903.broken' });
}

/** A call whose answer is kept when it is a refusal. */
async function call(
  method: 'GET' | 'PUT' | 'POST' | 'DELETE',
  url: string,
  body?: unknown,
  raw?: { payload: string; type: string },
): Promise<number> {
  const headers = { authorization: `Bearer ${rig.key}`, ...(raw ? { 'content-type': raw.type } : {}) };
  const answer = await rig.app.inject({
    method,
    url,
    headers,
    ...(raw ? { payload: raw.payload } : body === undefined ? {} : { payload: body as object }),
  });
  if (answer.statusCode >= 400)
    refusals.push({ request: `${method} ${url.slice(0, 40)}`, status: answer.statusCode, body: answer.body });
  return answer.statusCode;
}

const contacts = [
  {
    role: 'primary',
    name: `${PERSONAL.contact} ${PERSONAL.surname}`,
    email: `${PERSONAL.mailbox}@${PERSONAL.domain}`,
    phone: `+1${PERSONAL.phone}`,
    consent: { email: true, sms: true },
  },
  { role: 'billing', name: 'Zebediah', email: `${PERSONAL.billing}@${PERSONAL.domain}`, consent: { email: true } },
];
const accountBody = (given: Record<string, unknown> = {}) => ({
  ...{ name: `${PERSONAL.company} Ltd`, plan: 'starter', timeZone: 'America/New_York', contacts },
  facts: {
    use_case: `${PERSONAL.fact} desk`,
    sample_conversation: `${PERSONAL.contact} asks about ${PERSONAL.fact}`,
    primary_platform: PERSONAL.fact,
  },
  ...given,
});

async function anAccount(id: string): Promise<string> {
  rig.setNow(start);
  shift = rig.shiftTo(start);
  expect(await call('PUT', `/v1/accounts/${id}`, accountBody())).toBe(201);
  return id;
}

const failures: (() => Promise<SendResult>)[] = [
  () => Promise.resolve({ state: 'refused', kind: 'temporary', code: '451' }),
  () => Promise.reject(new Error(`550 <${PERSONAL.mailbox}@${PERSONAL.domain}> no such user, ${PERSONAL.contact}`)),
  () => Promise.resolve({ state: 'refused', kind: 'hard-bounce', code: '550' }),
];

async function liveATrial(): Promise<void> {
  const account = await anAccount('privacy-whole');
  const journey = await startTrial(rig, account, { anchor: START });
  const commands = `/v1/journeys/${journey.id}/commands`;
  await call('POST', commands, { command: 'resume', reason: `${PERSONAL.contact} has ${PERSONAL.reason}` });
  await call('POST', commands, {
    command: 'note',
    reason: `${PERSONAL.note}: ${PERSONAL.contact} ${PERSONAL.surname}`,
  });
  await call('POST', commands, { command: 'pause', reason: PERSONAL.reason });
  await call('POST', commands, { command: 'pause', reason: PERSONAL.reason });
  await call('POST', commands, { command: 'resume', reason: PERSONAL.reason });
  await call('POST', commands, { command: 'skip', step: PERSONAL.mailbox, reason: PERSONAL.reason });
  await call('GET', `/v1/journeys/${journey.id}/explain?step=${PERSONAL.contact}`);
  await call('POST', '/v1/holds', { account, reason: PERSONAL.holdReason });
  await call('POST', '/v1/events', {
    events: [
      { id: 'p-1', type: 'user_logged_in', account },
      { id: 'p-2', type: 'facts_recorded', account, data: { use_case: `${PERSONAL.fact} again` } },
    ],
  });
  await call('POST', '/v1/events', {
    events: [{ id: 'p-3', type: 'user_logged_in', account, data: { who: PERSONAL.mailbox } }],
  });
  await liveUntil(rig, journey, start + 5 * 3_600_000, shift);
  const { body } = await rig.call<{ items: { id: string; state: string }[] }>('GET', `/v1/holds?account=${account}`);
  for (const hold of body.items ?? []) await call('DELETE', `/v1/holds/${hold.id}`);
  const tasks = await rig.call<{ items: { id: string }[] }>('GET', `/v1/tasks?account=${account}`);
  for (const task of tasks.body.items) {
    await call('POST', `/v1/tasks/${task.id}/complete`, {
      outcome: 'completed',
      item: 'connect-integration',
      value: `${PERSONAL.taskOutcome} ${PERSONAL.contact}`,
    });
    await call('POST', `/v1/tasks/${task.id}/complete`, {
      outcome: 'completed',
      value: PERSONAL.taskOutcome,
      reason: PERSONAL.taskOutcome,
    });
  }
  await call('POST', '/v1/events', { events: [{ id: 'p-4', type: 'purchase', account }] });
  await liveUntil(rig, journey, start + DAY_MS, shift);
  await expect.poll(async () => (await messagesOf(rig, account)).map((m) => m.text).join()).toContain(PERSONAL.fact);
}

async function failAtTheProvider(): Promise<void> {
  const account = await anAccount('privacy-failing');
  answers = [...failures];
  const { body } = await rig.call<{ id: string; temporal: { workflowId: string; runId: string } }>(
    'POST',
    '/v1/journeys',
    { playbook: '002.trial', account, anchor: START },
  );
  for (let i = 0; i < 12 && answers.length > 0; i++) await liveUntil(rig, body, rig.now() + 600_000, shift);
  await atRest(rig, body.temporal.workflowId);
  answers = [];
}

async function failToRender(): Promise<void> {
  const account = await anAccount('privacy-broken');
  const journey = await startTrial(rig, account, { playbook: '903.broken', anchor: START });
  const [welcome] = (await explain(rig, journey.id)).filter((d) => d.step === 'welcome-email');
  expect(welcome).toMatchObject({ outcome: 'failed', reason: 'data-error' });
}

async function sendNonsense(): Promise<void> {
  const broken = {
    role: 'primary',
    email: `${PERSONAL.invalid} at ${PERSONAL.domain}`,
    phone: PERSONAL.invalid,
    name: PERSONAL.contact,
    consent: { email: PERSONAL.invalid },
  };
  await call('PUT', '/v1/accounts/nonsense-1', accountBody({ contacts: [broken] }));
  await call('PUT', '/v1/accounts/nonsense-2', accountBody({ plan: PERSONAL.company, timeZone: PERSONAL.company }));
  await call('PUT', '/v1/accounts/nonsense-3', accountBody({ timeZone: PERSONAL.company }));
  await call('PUT', '/v1/accounts/nonsense-4', accountBody({ facts: { use_case: { who: PERSONAL.contact } } }));
  await call('PUT', '/v1/accounts/nonsense-5', accountBody({ contacts: [...contacts, contacts[0]] }));
  await call('PUT', `/v1/accounts/${PERSONAL.mailbox}@${PERSONAL.domain}`, accountBody());
  await call('GET', `/v1/accounts/${encodeURIComponent(`${PERSONAL.mailbox}@${PERSONAL.domain}`)}`);
  await call('GET', `/v1/messages?account=${encodeURIComponent(`${PERSONAL.mailbox}@${PERSONAL.domain}`)}`);
  await call('GET', `/v1/nowhere/${PERSONAL.mailbox}`);
  await call('POST', '/v1/journeys', { playbook: '002.trial', account: `${PERSONAL.mailbox}@${PERSONAL.domain}` });
  await call('POST', '/v1/journeys', {
    playbook: '002.trial',
    account: 'privacy-whole',
    key: `${PERSONAL.contact} ${PERSONAL.surname}`,
  });
  await call('PUT', '/v1/accounts/nonsense-6', undefined, {
    payload: `${PERSONAL.contact} ${PERSONAL.surname}`,
    type: 'application/json',
  });
  await call('PUT', '/v1/accounts/nonsense-7', undefined, {
    payload: `{"name":"${PERSONAL.company}","contacts":[{"email":"${PERSONAL.mailbox}`,
    type: 'application/json',
  });
  await call('PUT', '/v1/accounts/nonsense-8', undefined, { payload: `name=${PERSONAL.contact}`, type: 'text/plain' });
  await call('POST', '/v1/events', {
    events: [{ id: 'p-9', type: 'user_logged_in', account: 'privacy-whole', at: PERSONAL.contact }],
  });
  await call('POST', '/v1/events', {
    events: [
      { id: 'p-10', type: 'metrics_recorded', account: 'privacy-whole', data: { conversations: PERSONAL.contact } },
    ],
  });
  await call('GET', `/u/${PERSONAL.mailbox}`);
}

type Payload = temporal.api.common.v1.IPayload;

/** All text of a history, payloads decoded. */
function textOf(value: unknown, out: string[] = []): string[] {
  if (typeof value === 'string') out.push(value);
  else if (value instanceof Uint8Array) out.push(Buffer.from(value).toString('utf8'));
  else if (value && typeof value === 'object') for (const one of Object.values(value as Payload)) textOf(one, out);
  return out;
}

async function histories(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const run of rig.client.workflow.list({ query: `TaskQueue = '${rig.taskQueue}'` })) {
    const handle = rig.client.workflow.getHandle(run.workflowId, run.runId);
    const [history, { raw }] = [await handle.fetchHistory(), await handle.describe()];
    found[run.workflowId] = [...textOf(history), ...textOf(raw)].join('\n');
  }
  return found;
}

const foundIn = (text: string) =>
  SECRET.filter(([, word]) => text.toLowerCase().includes(word.toLowerCase())).map(([where]) => where);

it('no log line, refusal or history holds any of the personal data that went in', async () => {
  await liveATrial();
  await failAtTheProvider();
  await failToRender();
  await sendNonsense();
  await expect.poll(async () => Object.keys(await histories()).length).toBe(5);
  const runs = await histories();
  // The scan sees what it should: ids in histories and logs, refusals of every kind.
  expect(runs['trial:privacy-whole']).toContain('"name":"pause"');
  expect(runs['trial:privacy-failing']).toContain('privacy-failing');
  expect(providerCalls).toBe(failures.length);
  expect(refusals.length).toBeGreaterThan(15);
  expect(logged.length).toBeGreaterThan(0);

  expect(Object.entries(runs).flatMap(([id, text]) => foundIn(text).map((where) => `${id}: ${where}`))).toEqual([]);
  expect(logged.flatMap((line) => foundIn(line).map((where) => `${where}: ${line}`))).toEqual([]);
  expect(refusals.flatMap((one) => foundIn(one.body).map((where) => `${where}: ${JSON.stringify(one)}`))).toEqual([]);
});
