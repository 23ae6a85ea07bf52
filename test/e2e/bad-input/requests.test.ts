import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anAccount, badInputRig, freshId } from './bad-input-rig.ts';
import type { BadInputRig } from './bad-input-rig.ts';

let rig: BadInputRig;
let account: string;
let journey: string;
beforeAll(async () => {
  rig = await badInputRig({ withoutWorker: true });
  account = await rig.newAccount();
  journey = await rig.newTrial(account);
});
afterAll(() => rig.stop());

type Wrong = [
  name: string,
  method: 'GET' | 'PUT' | 'POST' | 'DELETE',
  url: string | (() => string),
  body: unknown,
  status: number,
  code: string,
  ...pointers: string[],
];

/** Every row is refused as it says, and leaves every table as it was. */
function refusesEach(rows: Wrong[]): void {
  it.each(rows)('%s', async (_name, method, url, body, status, code, ...pointers) => {
    const before = await rig.contents();
    const given = typeof body === 'function' ? (body as () => unknown)() : body;
    const answer = await rig.refused(method, typeof url === 'function' ? url() : url, given);
    expect(answer, JSON.stringify(answer.problem)).toMatchObject({ status, code });
    expect(answer.pointers.sort()).toEqual(pointers.sort());
    expect(await rig.contents()).toBe(before);
  });
}

const put = (): string => `/v1/accounts/${freshId()}`;
const own = (): string => `/v1/accounts/${account}`;
const contact = (more: Record<string, unknown>) => anAccount({ contacts: [{ ...anAccount().contacts[0], ...more }] });
const start = (more: Record<string, unknown>) => () => ({ playbook: '002.trial', account, key: freshId(), ...more });
const event =
  (...more: Record<string, unknown>[]) =>
  () => ({ events: more.map((one) => ({ id: randomUUID(), type: 'ai_interaction', account, ...one })) });
const commands = (): string => `/v1/journeys/${journey}/commands`;
const command = (more: Record<string, unknown>) => ({ reason: 'a test', ...more });
const NOBODY = '00000000-0000-4000-8000-000000000000';

describe('what is not there', () => {
  // prettier-ignore
  refusesEach([
    ['an account', 'GET', '/v1/accounts/nobody', undefined, 404, 'unknown-account'],
    ['an account to erase', 'DELETE', '/v1/accounts/nobody', undefined, 404, 'unknown-account'],
    ['an account to start for', 'POST', '/v1/journeys', { playbook: '002.trial', account: 'nobody' }, 404, 'unknown-account'],
    ['an account of the second of two events', 'POST', '/v1/events', event({}, { account: 'nobody' }), 404, 'unknown-account'],
    ['a playbook to start', 'POST', '/v1/journeys', start({ playbook: '002.trail' }), 404, 'unknown-playbook'],
    ['a version to start', 'POST', '/v1/journeys', start({ version: 99 }), 404, 'unknown-playbook'],
    ['a playbook', 'GET', '/v1/playbooks/002.trail', undefined, 404, 'unknown-playbook'],
    ['a version of a playbook', 'GET', '/v1/playbooks/002.trial?version=99', undefined, 404, 'unknown-playbook'],
    ['versions of no playbook', 'GET', '/v1/playbooks/002.trail/versions', undefined, 404, 'unknown-playbook'],
    ['a journey', 'GET', `/v1/journeys/${NOBODY}`, undefined, 404, 'unknown-journey'],
    ['a journey whose id is none', 'GET', '/v1/journeys/first', undefined, 404, 'unknown-journey'],
    ['a journey to command', 'POST', `/v1/journeys/${NOBODY}/commands`, command({ command: 'pause' }), 404, 'unknown-journey'],
    ['a step to explain', 'GET', () => `/v1/journeys/${journey}/explain?step=day4`, undefined, 404, 'unknown-step'],
    ['a plan of an account', 'PUT', put, anAccount({ plan: 'gold' }), 422, 'unknown-plan', '/plan'],
    ['a plan to change to', 'POST', commands, command({ command: 'change-plan', plan: 'gold' }), 422, 'unknown-plan', '/plan'],
    ['a zone of an account', 'PUT', put, anAccount({ timeZone: 'Mars/Olympus' }), 422, 'invalid-zone', '/timeZone'],
    ['a zone of a contact', 'PUT', put, contact({ timeZone: 'EST5EDT7' }), 422, 'invalid-zone', '/contacts/0/timeZone'],
    ['a fact', 'PUT', put, anAccount({ facts: { mood: 'good' } }), 422, 'unknown-name', '/facts/mood'],
    ['an event type', 'POST', '/v1/events', event({ type: 'logged_in' }), 422, 'unknown-name', '/events/0/type'],
    ['a field of an event', 'POST', '/v1/events', event({ data: { by: 'me' } }), 422, 'unknown-name', '/events/0/data/by'],
    ['a metric', 'POST', '/v1/events', event({ type: 'metrics_recorded', data: { chats: 3 } }), 422, 'unknown-name', '/events/0/data/chats'],
    ['an option', 'POST', '/v1/journeys', start({ options: { trialLenght: 'P7D' } }), 422, 'unknown-name', '/options/trialLenght'],
    ['a hold', 'POST', `/v1/holds/${NOBODY}/release`, { reason: 'a test' }, 404, 'unknown-item'],
    ['a stop', 'POST', `/v1/stops/${NOBODY}/release`, { reason: 'a test' }, 404, 'unknown-item'],
    ['a task', 'POST', `/v1/tasks/${NOBODY}/complete`, {}, 404, 'unknown-item'],
    ['an offer', 'POST', `/v1/offers/${NOBODY}/accept`, {}, 404, 'unknown-item'],
    ['a key', 'DELETE', `/v1/keys/${NOBODY}`, undefined, 404, 'unknown-item'],
    ['a route', 'GET', '/v1/journies', undefined, 404, 'not-found'],
    ['a method of a route', 'DELETE', '/v1/events', undefined, 405, 'method-not-allowed'],
  ]);
});

describe('dates that cannot be', () => {
  // prettier-ignore
  refusesEach([
    ['a start in 1900', 'POST', '/v1/journeys', start({ anchor: '1900-01-01T00:00:00Z' }), 422, 'invalid-date', '/anchor'],
    ['a start in 9999', 'POST', '/v1/journeys', start({ anchor: '9999-12-31T00:00:00Z' }), 422, 'invalid-date', '/anchor'],
    ['a start on 30 February', 'POST', '/v1/journeys', start({ anchor: '2026-02-30T00:00:00Z' }), 400, 'invalid-request', '/anchor'],
    ['an event of 1900', 'POST', '/v1/events', event({}, { at: '1900-01-01T00:00:00Z' }), 422, 'invalid-date', '/events/1/at'],
    ['an event of 9999', 'POST', '/v1/events', event({ at: '9999-12-31T00:00:00Z' }), 422, 'invalid-date', '/events/0/at'],
    ['an event without an offset', 'POST', '/v1/events', event({ at: '2026-03-02T10:00:00' }), 400, 'invalid-request', '/events/0/at'],
    ['a consent of 9999', 'PUT', put, contact({ consent: { email: { given: true, at: '9999-12-31T00:00:00Z' } } }), 422, 'invalid-date', '/contacts/0/consent/email/at'],
    ['a length of zero', 'POST', '/v1/journeys', start({ options: { trialLength: 'P0D' } }), 422, 'invalid-date', '/options'],
    ['a length in words', 'POST', '/v1/journeys', start({ options: { trialLength: 'two weeks' } }), 400, 'invalid-request', '/options/trialLength'],
    ['a pause until a word', 'POST', commands, command({ command: 'pause', until: 'monday' }), 400, 'invalid-request', '/until'],
    ['a hold until 1900', 'POST', '/v1/holds', () => ({ account, reason: 'a test', until: '1900-01-01T00:00:00Z' }), 422, 'invalid-date', '/until'],
  ]);
});

describe('wrong forms', () => {
  const many = (count: number) => event(...Array.from({ length: count }, () => ({})));
  // prettier-ignore
  refusesEach([
    ['an account of wrong types', 'PUT', put, { name: 7, plan: null, timeZone: [], contacts: {} }, 400, 'invalid-request', '/name', '/plan', '/timeZone', '/contacts'],
    ['an account of nothing', 'PUT', put, {}, 400, 'invalid-request', '/name', '/plan', '/timeZone', '/contacts'],
    ['an account that is a list', 'PUT', put, [], 400, 'invalid-request', ''],
    ['an account without a contact', 'PUT', put, anAccount({ contacts: [] }), 400, 'invalid-request', '/contacts'],
    ['two contacts of one role', 'PUT', put, anAccount({ contacts: [...anAccount().contacts, ...anAccount().contacts] }), 400, 'invalid-request', '/contacts/1/role'],
    ['an e-mail address that is none', 'PUT', put, contact({ email: 'maya at lakeside' }), 400, 'invalid-request', '/contacts/0/email'],
    ['an address with a second header', 'PUT', put, contact({ email: 'maya@lakeside.example\r\nBcc: all@lakeside.example' }), 400, 'invalid-request', '/contacts/0/email'],
    ['a phone number without a country', 'PUT', put, contact({ phone: '0170 1234567' }), 400, 'invalid-request', '/contacts/0/phone'],
    ['a consent in words', 'PUT', put, contact({ consent: { email: 'yes' } }), 400, 'invalid-request', '/contacts/0/consent/email'],
    ['a fact of another type', 'PUT', put, anAccount({ facts: { logged_in: 'yes' } }), 400, 'invalid-request', '/facts/logged_in'],
    ['a name with a null character', 'PUT', put, anAccount({ name: 'Lake\u0000side' }), 400, 'invalid-request', '/name'],
    ['a fact with a null character', 'PUT', put, anAccount({ facts: { use_case: 'a\u0000b' } }), 400, 'invalid-request', '/facts/use_case'],
    ['an event id with a null character', 'POST', '/v1/events', event({ id: 'a\u0000b' }), 400, 'invalid-request', '/events/0/id'],
    ['half a surrogate pair', 'PUT', put, anAccount({ name: 'Lake\ud800side' }), 400, 'invalid-request', '/name'],
    ['a reason with a null character', 'POST', commands, command({ command: 'pause', reason: 'a\u0000b' }), 400, 'invalid-request', '/reason'],
    ['a query with a null character', 'GET', '/v1/accounts?plan=a%00b', undefined, 400, 'invalid-request', '/query/plan'],
    ['an unknown field of an account', 'PUT', put, anAccount({ colour: 'red' }), 400, 'invalid-request', '/colour'],
    ['an unknown field of a contact', 'PUT', put, contact({ mail: 'x' }), 400, 'invalid-request', '/contacts/0/mail'],
    ['an unknown field of a consent', 'PUT', put, contact({ consent: { post: true } }), 400, 'invalid-request', '/contacts/0/consent/post'],
    ['an unknown field inside a consent', 'PUT', put, contact({ consent: { sms: { given: true, by: 'x' } } }), 400, 'invalid-request', '/contacts/0/consent/sms/by'],
    ['an unknown field of a start', 'POST', '/v1/journeys', start({ plan: 'starter' }), 400, 'invalid-request', '/plan'],
    ['an unknown field of a command', 'POST', commands, command({ command: 'pause', untill: '2030-01-01T00:00:00Z' }), 400, 'invalid-request', '/untill'],
    ['an unknown field beside events', 'POST', '/v1/events', () => ({ ...event({})(), dryRun: true }), 400, 'invalid-request', '/dryRun'],
    ['an unknown field of an event', 'POST', '/v1/events', event({ user: 'x' }), 400, 'invalid-request', '/events/0/user'],
    ['an unknown field of a query', 'GET', '/v1/journeys?status=open', undefined, 400, 'invalid-request', '/query/status'],
    ['an unknown field of a playbook body', 'POST', '/v1/playbooks', { source: 'x', force: true }, 400, 'invalid-request', '/force'],
    ['an unknown command', 'POST', commands, command({ command: 'restart' }), 400, 'invalid-request', '/command'],
    ['a command without a reason', 'POST', commands, { command: 'pause' }, 400, 'invalid-request', '/reason'],
    ['a reason of blanks', 'POST', commands, { command: 'pause', reason: '   ' }, 400, 'invalid-request', '/reason'],
    ['a command without its step', 'POST', commands, command({ command: 'skip' }), 400, 'invalid-request', '/step'],
    ['no event', 'POST', '/v1/events', { events: [] }, 400, 'invalid-request', '/events'],
    ['501 events', 'POST', '/v1/events', many(501), 400, 'invalid-request', '/events'],
    ['a metric in words', 'POST', '/v1/events', event({ type: 'metrics_recorded', data: { conversations: 'many' } }), 400, 'invalid-request', '/events/0/data/conversations'],
    ['an event with a deep field', 'POST', '/v1/events', event({ type: 'x.deep', data: { a: { b: 1 } } }), 400, 'invalid-request', '/events/0/data/a'],
    ['a page of none', 'GET', '/v1/accounts?limit=0', undefined, 400, 'invalid-request', '/query/limit'],
    ['a page of a million', 'GET', '/v1/accounts?limit=1000000', undefined, 400, 'invalid-request', '/query/limit'],
    ['a state that is none', 'GET', '/v1/journeys?state=asleep', undefined, 400, 'invalid-request', '/query/state'],
    ['an e-mail address as the id of an account', 'PUT', '/v1/accounts/maya@lakeside.example', anAccount(), 400, 'invalid-request', '/path/id'],
    ['an e-mail address as the account of a start', 'POST', '/v1/journeys', start({ account: 'maya@lakeside.example' }), 400, 'invalid-request', '/account'],
    ['an e-mail address as a key', 'POST', '/v1/journeys', start({ key: 'maya@lakeside.example' }), 400, 'invalid-request', '/key'],
    ['an e-mail address as the account of an event', 'POST', '/v1/events', event({ account: 'maya@lakeside.example' }), 400, 'invalid-request', '/events/0/account'],
    ['an e-mail address as an owner', 'POST', commands, command({ command: 'set-owner', owner: 'cs@tenure.example' }), 400, 'invalid-request', '/owner'],
    ['an id of 65 characters', 'PUT', `/v1/accounts/${'a'.repeat(65)}`, anAccount(), 400, 'invalid-request', '/path/id'],
    ['an id that climbs', 'PUT', '/v1/accounts/..%2F..%2Fetc', anAccount(), 400, 'invalid-request', '/path/id'],
  ]);

  it('an account that is there is not changed by a wrong one', async () => {
    const before = await rig.call('GET', own());
    expect((await rig.refused('PUT', own(), anAccount({ name: 'New', facts: { mood: 'x' } }))).status).toBe(422);
    expect(await rig.call('GET', own())).toEqual(before);
  });
});
