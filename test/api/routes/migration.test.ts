import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { asc, eq, inArray } from 'drizzle-orm';
import { rehydrateJourney } from '../../../api/journeys/rehydrate-journey.ts';
import { readJourney } from '../../../db/queries/journeys/read-journey.ts';
import { deliveries, programs } from '../../../db/schema/index.ts';
import { smallPlaybook, step } from '../../playbooks/fixture.ts';
import { anAccount, freshId } from '../api-fixture.ts';
import { eventually, workingApi } from '../worker-fixture.ts';
import type { WorkingApi } from '../worker-fixture.ts';

const DAY = 86_400_000;
let api: WorkingApi;
beforeAll(async () => void (api = await workingApi()));
afterAll(() => api.close());

const later = (day: number, id = 'later') => step({ id, due: { after: `P${day}D`, window: 'none' } });

/** A playbook of its own for each test: two steps, the second on day 5. */
function first(id: string, more: Record<string, unknown> = {}) {
  const playbook = smallPlaybook();
  playbook.stages[0]!.steps = [step({ id: 'hello', due: { after: 'P2D', window: 'none' } }), later(5)];
  playbook.reads.events.grown = {
    doc: 'grows',
    fields: { size: { type: 'enum', values: ['big', 'small'], doc: 'size' } },
  };
  return { ...playbook, id, trigger: undefined as unknown, ...more };
}
type Small = ReturnType<typeof first>;

const publish = async (playbook: Small, query = '') => {
  const answer = await api.call('POST', `/v1/playbooks${query}`, { body: { source: stringify(playbook) } });
  expect([200, 201], answer.text).toContain(answer.status);
  return answer.body;
};
async function started(playbook: string) {
  const account = freshId();
  expect((await api.call('PUT', `/v1/accounts/${account}`, { body: anAccount() })).status).toBe(201);
  const answer = await api.call('POST', '/v1/journeys', { body: { playbook, account } });
  expect(answer.status, answer.text).toBe(201);
  return { account, journey: answer.body.id as string, at: Date.parse(answer.body.anchor as string) };
}
const command = (journey: string, body: Record<string, unknown>) =>
  api.call('POST', `/v1/journeys/${journey}/commands`, { as: 'cs', body: { reason: 'a test', ...body } });
const send = (account: string, id: string, data: Record<string, unknown>) =>
  api.call('POST', '/v1/events', { body: { events: [{ id, account, type: 'grown', data }] } });
const view = async (journey: string) => (await api.call('GET', `/v1/journeys/${journey}`)).body;
const iso = (at: number) => new Date(at).toISOString();

describe('a published version', () => {
  test('shows what it would change for journeys under way, and changes none', async () => {
    const one = first('901.compared');
    await publish(one);
    const { journey, account, at } = await started(one.id);
    one.stages[0]!.steps = [one.stages[0]!.steps[0]!, later(6), later(8, 'extra')];
    const diff = {
      changed: [{ step: 'later', from: iso(at + 5 * DAY), to: iso(at + 6 * DAY) }],
      added: [{ step: 'extra', at: iso(at + 8 * DAY) }],
      removed: [],
      unchanged: 1,
    };
    const shown = {
      ...{ inFlight: 1, compared: 1, unchanged: 0, impossible: {}, changed: [{ journey, account, diff }] },
      steps: { later: { moved: 1, added: 0, removed: 0 }, extra: { moved: 0, added: 1, removed: 0 } },
    };
    expect(await publish(one, '?dryRun=true')).toEqual({ id: one.id, version: 2, dryRun: true, ...shown });
    expect((await api.call('GET', `/v1/playbooks/${one.id}`)).body.version).toBe(1);
    expect(await publish(one)).toEqual({ id: one.id, version: 2, ...shown });
    expect(await view(journey)).toMatchObject({ version: 1, program: 0 });

    const preview = await command(journey, { command: 'migrate', dryRun: true });
    expect(preview.body, preview.text).toMatchObject({ accepted: true, dryRun: true, diff });
    expect(await api.database.db.select().from(programs).where(eq(programs.journeyId, journey))).toEqual([]);

    const migrated = await command(journey, { command: 'migrate', id: 'm1' });
    expect(migrated.body, migrated.text).toMatchObject({ accepted: true, id: 'm1', diff });
    expect(await view(journey)).toMatchObject({ playbook: one.id, version: 2, program: 1 });
    const row = (await readJourney(api.database.db, journey))!;
    expect(row).toMatchObject({ version: 2, program: 1, timetable: { version: 2 } });
    expect(row.snapshot.program).toBe(1);

    const again = await command(journey, { command: 'migrate', id: 'm1' });
    expect(again.body).toMatchObject({ accepted: true, id: 'm1' });
    const same = await command(journey, { command: 'migrate', id: 'm2' });
    expect(same.body).toMatchObject({ code: 'same-version' });
    const back = await command(journey, { command: 'migrate', version: 1, id: 'm3' });
    expect(back.body.diff, back.text).toMatchObject({ removed: [{ step: 'extra' }] });
    expect(await view(journey)).toMatchObject({ version: 1, program: expect.any(Number) });
  });

  test('is told what is true of the account already, where only it asks', async () => {
    const one = first('901.asking');
    await publish(one);
    const { journey, account } = await started(one.id);
    await api.call('PUT', `/v1/accounts/${account}`, { body: anAccount({ facts: { seats: 3 } }) });
    const flags = { ...one.flags, seated: { doc: 'has seats', initially: 'facts.seats > 0' } };
    const unknown = { doc: 'nobody knows', initially: 'facts.use_case == "chat"' };
    one.stages[0]!.steps[1] = { ...later(5), unless: [{ flag: 'seated', reason: 'already-done' }] };
    await publish({ ...one, flags: { ...flags, unknown } });
    const shown = await command(journey, { command: 'migrate', dryRun: true });
    expect(shown.body.diff, shown.text).toMatchObject({ removed: [{ step: 'later' }] });
    expect((await command(journey, { command: 'migrate' })).body.diff).toEqual(shown.body.diff);
    const { snapshot } = (await readJourney(api.database.db, journey))!;
    expect(Object.keys(snapshot.flags)).toEqual(['seated']);
  });

  test('is gone over to by all of a selection at once, each by its own diff, and twice by none', async () => {
    const one = first('901.many');
    await publish(one);
    const ids = [(await started(one.id)).journey, (await started(one.id)).journey, (await started(one.id)).journey];
    one.stages[0]!.steps = [one.stages[0]!.steps[0]!, later(6)];
    await publish(one);
    expect((await command(ids[0]!, { command: 'migrate' })).body).toMatchObject({ accepted: true });
    const bulk = (more = {}) => {
      const body = { filter: { playbook: one.id }, command: { command: 'migrate', reason: 'a bulk test' }, ...more };
      return api.call('POST', '/v1/journeys/commands', { as: 'cs', body });
    };
    const shown = await bulk({ dryRun: true });
    expect(shown.body, shown.text).toMatchObject({ total: 3, accepted: 2, refused: { 'same-version': 1 } });
    const begun = await bulk();
    expect(begun.status, begun.text).toBe(202);
    const counts = () => api.call('GET', `/v1/journeys/commands/${begun.body.id}`).then(({ body }) => body.counts);
    await eventually(async () => {
      await api.settle();
      const { pending, unknown } = await counts();
      return pending + unknown === 0;
    });
    expect(await counts()).toEqual({ applied: 2, refused: 1, unknown: 0, pending: 0 });
    for (const id of ids) expect(await view(id)).toMatchObject({ playbook: one.id, version: 2, program: 1 });
    const noted = await api.database.db
      .select()
      .from(programs)
      .where(inArray(programs.journeyId, ids.slice(1)));
    expect(noted.map(({ program, version }) => `${program} v${version}`).sort()).toEqual([
      '0 v1',
      '0 v1',
      '1 v2',
      '1 v2',
    ]);
  });

  test('is not gone over to by mistake: an unknown one, another kind, or a fact that is not there', async () => {
    const one = first('901.refused');
    await publish(one);
    await publish({ ...first('901.refused-kind'), kind: 'renewal' });
    const dated = first('901.refused-fact', {
      anchors: { trialEnd: { after: '$length' }, renewal: { fact: 'since' } },
    });
    await publish(dated);
    const { journey } = await started(one.id);
    for (const [body, status, code] of [
      [{ playbook: '901.nothing' }, 404, 'unknown-playbook'],
      [{ version: 7 }, 404, 'unknown-playbook'],
      [{ playbook: '901.refused-kind' }, 400, 'invalid-request'],
      [{ playbook: dated.id }, 422, 'fact-missing'],
    ] as const) {
      const answer = await command(journey, { command: 'migrate', ...body });
      expect([answer.status, answer.body.type], answer.text).toEqual([status, `urn:tenure:error:${code}`]);
    }
    expect(await api.database.db.select().from(programs).where(eq(programs.journeyId, journey))).toEqual([]);
    expect(await view(journey)).toMatchObject({ version: 1, program: 0 });
  });
});

describe('a trigger that takes over', () => {
  test('has the open journey go on in the other playbook, once for its event, and starts none', async () => {
    const one = first('901.small');
    await publish(one);
    const big = first('901.big', {
      trigger: [{ event: 'grown', where: { size: 'big' }, takesOver: ['901.small'], starts: false }],
    });
    big.stages[0]!.steps = [big.stages[0]!.steps[0]!, later(9, 'extra')];
    big.reactions.push({ event: 'grown', where: { size: 'small' }, set: 'used' });
    await publish(big);
    const { account, journey } = await started(one.id);
    const id = freshId('e');
    expect((await send(account, freshId('e'), { size: 'small' })).status).toBe(202);
    for (let i = 0; i < 2; i++) expect((await send(account, id, { size: 'big' })).status).toBe(202);
    expect((await send(account, freshId('e'), { size: 'small' })).status).toBe(202);

    const rows = await api.database.db
      .select()
      .from(deliveries)
      .where(eq(deliveries.journeyId, journey))
      .orderBy(asc(deliveries.seq));
    // By what the new playbook asks for the run hears of the event itself and of what comes after; before nobody had asked.
    expect(rows.map((row) => row.happening.t)).toEqual(['migrated', 'event', 'event']);
    expect(rows[1]!.causeId).toBe(id);
    await eventually(async () => expect(await view(journey)).toMatchObject({ playbook: big.id, program: 1 }));
    expect((await view(journey)).forecast.map((entry: { step: string }) => entry.step)).toEqual(['hello', 'extra']);
    const audit = await api.call('GET', `/v1/audit?target=journey:${journey}&action=journey.migrate`);
    expect(audit.body.items).toMatchObject([{ details: { event: id, from: one.id, to: big.id, program: 1 } }]);

    // Nothing has told the row of it yet: a new run goes on by what only the old one had heard.
    expect(await readJourney(api.database.db, journey)).toMatchObject({ playbook: one.id, program: 0 });
    const { client } = api.deps;
    const by = { db: api.database.db, client, taskQueue: api.taskQueue, clock: Date.now, actor: 'a', reason: 'a test' };
    expect(await rehydrateJourney(by, journey)).toMatchObject({ is: 'restarted', terminated: true });
    expect(await readJourney(api.database.db, journey)).toMatchObject({ playbook: big.id, program: 1 });
    const moved = await command(journey, { command: 'postpone', step: 'extra', to: iso(Date.now() + 10 * DAY) });
    expect(moved.body, moved.text).toMatchObject({ accepted: true });
    expect(await view(journey)).toMatchObject({ playbook: big.id, program: 1, state: 'running' });

    const other = freshId();
    await api.call('PUT', `/v1/accounts/${other}`, { body: anAccount() });
    await send(other, freshId('e'), { size: 'big' });
    expect((await api.call('GET', `/v1/journeys?account=${other}`)).body.items).toEqual([]);
  });
});

describe('a fact that a date is bound to', () => {
  const renewal = first('901.dated', {
    kind: 'renewal',
    trigger: { event: 'account.fact_changed', where: { fact: 'since' } },
    anchors: { trialEnd: { after: 'P300D' }, renewal: { fact: 'since' } },
  });
  renewal.reads.events['account.fact_changed'] = {
    doc: 'A fact has changed',
    fields: { fact: { type: 'string', doc: 'its name' }, value: { type: 'string', doc: 'its value' } },
  };
  renewal.stages[0]!.steps = [step({ id: 'hello', due: { from: 'renewal', after: '-P30D', window: 'none' } })];

  test('starts what counts from it, moves it in the transaction of the change, and only on change', async () => {
    await publish({ ...renewal, extend: undefined, offers: [] } as unknown as Small);
    const account = freshId();
    const body = (since: string) => anAccount({ timeZone: 'UTC', facts: { since } });
    expect((await api.call('PUT', `/v1/accounts/${account}`, { body: body('2031-03-01') })).status).toBe(201);
    const [row] = (await api.call('GET', `/v1/journeys?account=${account}`)).body.items;
    expect(row).toMatchObject({ playbook: '901.dated', next: { step: 'hello', at: '2031-01-30T00:00:00.000Z' } });
    await api.call('PUT', `/v1/accounts/${account}`, { body: body('2031-03-01') });
    await api.call('PUT', `/v1/accounts/${account}`, { body: body('2031-05-01') });
    const facts = { id: freshId('e'), account, type: 'facts_recorded', data: { since: '2031-06-01' } };
    for (let i = 0; i < 2; i++) await api.call('POST', '/v1/events', { body: { events: [facts] } });
    const told = await api.database.db.select().from(deliveries).where(eq(deliveries.journeyId, row.id));
    expect(told.map(({ happening }) => happening.t === 'event' && happening.fields.value)).toEqual([
      '2031-03-01',
      '2031-05-01',
      '2031-06-01',
    ]);
    await eventually(async () =>
      expect((await view(row.id)).next).toEqual({ step: 'hello', at: '2031-05-02T00:00:00.000Z' }),
    );
  });

  test('that is impossible starts nothing, and the audit trail names it', async () => {
    const account = freshId();
    await api.call('PUT', `/v1/accounts/${account}`, { body: anAccount({ facts: { since: '1900-01-01' } }) });
    expect((await api.call('GET', `/v1/journeys?account=${account}`)).body.items).toEqual([]);
    const audit = await api.call('GET', `/v1/audit?target=account:${account}&action=journey.not-started`);
    expect(audit.body.items).toMatchObject([
      { details: { code: 'invalid-date', fact: 'since', playbook: '901.dated' } },
    ]);
  });
});
