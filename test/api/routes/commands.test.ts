import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eq } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { startSettling } from '../../../api/commands/settle-commands.ts';
import { readJourney } from '../../../db/queries/journeys/read-journey.ts';
import { messages } from '../../../db/schema/index.ts';
import { journeyStateQuery } from '../../../workflows/messages.ts';
import { aTrial, anAccount, apiFixture, deadClient, freshId } from '../api-fixture.ts';
import { eventually, workingApi } from '../worker-fixture.ts';
import type { WorkingApi } from '../worker-fixture.ts';

let api: WorkingApi;
beforeAll(async () => void (api = await workingApi()));
afterAll(() => api.close());

const command = (journey: string, body: Record<string, unknown>, as: 'cs' | 'viewer' | 'service' = 'cs') =>
  api.call('POST', `/v1/journeys/${journey}/commands`, { as, body: { reason: 'a test', ...body } });
const flagOf = async (journey: string) => (await readJourney(api.database.db, journey))!.stopFlag;

describe('commands', () => {
  test('pauses, answers with dates, and the row, the flag and the audit trail tell of it', async () => {
    const { journey } = await aTrial(api);
    const answer = await command(journey, { command: 'pause', id: 'p1' });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ accepted: true, id: 'p1', state: 'paused', inFlight: 0 });
    expect(answer.body.changes).toContainEqual(
      expect.objectContaining({ what: 'status', from: 'running', to: 'paused' }),
    );
    expect(answer.body.forecast.length).toBeGreaterThan(3);
    expect(await flagOf(journey)).toBe('paused');
    const view = await api.call('GET', `/v1/journeys/${journey}`);
    expect(view.body).toMatchObject({
      state: 'paused',
      pause: { until: null, by: 'cs:test cs', reason: 'a test', command: 'p1' },
    });
    const audit = await api.call('GET', `/v1/audit?target=journey:${journey}&action=journey.pause`);
    expect(audit.body.items).toMatchObject([{ actor: 'cs:test cs', reason: 'a test', details: { command: 'p1' } }]);

    const resumed = await command(journey, { command: 'resume' });
    expect(resumed.body).toMatchObject({ accepted: true, state: 'running' });
    expect(await flagOf(journey)).toBeNull();
  });

  test('a pause answers once what is at a provider has settled', async () => {
    const { journey } = await aTrial(api);
    const { db } = api.database;
    const [row] = await eventually(async () => {
      const rows = await db.select().from(messages).where(eq(messages.journeyId, journey));
      return rows.some((one) => one.state === 'sent') && rows;
    });
    const at = (state: string, leaseUntil: Date | null) =>
      db.update(messages).set({ state, leaseUntil }).where(eq(messages.id, row!.id));
    await at('intended', new Date(Date.now() + 30_000));
    let answered = false;
    const answer = command(journey, { command: 'pause' }).finally(() => (answered = true));
    await eventually(async () => (await readJourney(db, journey))!.snapshot.pause);
    expect(answered).toBe(false);
    await at('sent', null);
    expect((await answer).body).toMatchObject({ state: 'paused', inFlight: 0 });
  });

  test('refuses with the refusal’s code and the nearest command, audits it and keeps the flag of the pause before', async () => {
    const { journey } = await aTrial(api);
    await command(journey, { command: 'pause', id: 'first' });
    const again = await command(journey, { command: 'pause', id: 'second' });
    expect(again.status).toBe(409);
    expect(again.headers['content-type']).toContain('application/problem+json');
    expect(again.body).toMatchObject({
      code: 'already-paused',
      type: 'urn:tenure:error:command-refused',
      nearest: { command: 'resume' },
    });
    expect(await flagOf(journey)).toBe('paused');
    const audit = await api.call('GET', `/v1/audit?target=journey:${journey}&action=journey.pause.refused`);
    expect(audit.body.items).toHaveLength(1);
    expect((await command(journey, { command: 'skip', step: 'no-such-step' })).body.code).toBe('unknown-step');
    const running = await aTrial(api);
    expect((await command(running.journey, { command: 'resume' })).body).toMatchObject({
      code: 'not-paused',
      nearest: { command: 'pause' },
    });
  });

  test('answers the same id and body the same again, and another body 422', async () => {
    const { journey } = await aTrial(api);
    const first = await command(journey, { command: 'skip', step: 'setup-sms', id: 's1' });
    const again = await command(journey, { command: 'skip', step: 'setup-sms', id: 's1' });
    expect(first.status, first.text).toBe(200);
    expect(again.status).toBe(200);
    expect(again.body.changes).toEqual(first.body.changes);
    const other = await command(journey, { command: 'skip', step: 'day3-checkin', id: 's1' });
    expect(other.status).toBe(422);
    expect(other.body.code).toBe('id-reused');
    const refusal = await command(journey, { command: 'resume', id: 'r1' });
    await command(journey, { command: 'pause' });
    expect((await command(journey, { command: 'resume', id: 'r1' })).body).toMatchObject({
      code: refusal.body.code,
      detail: refusal.body.detail,
    });
  });

  test('a dry run changes nothing and its rev guards the command', async () => {
    const { journey } = await aTrial(api);
    await eventually(
      async () => (await api.call('GET', `/v1/decisions?journey=${journey}&outcome=sent`)).body.items.length > 0,
    );
    await command(journey, { command: 'note' });
    const before = await api.call('GET', `/v1/journeys/${journey}`);
    const dry = await command(journey, { command: 'pause', dryRun: true });
    expect(dry.body).toMatchObject({ accepted: true, dryRun: true, state: 'paused' });
    expect((await api.call('GET', `/v1/journeys/${journey}`)).body.state).toBe('running');
    expect(dry.body.rev).toBe(before.body.rev);
    expect((await command(journey, { command: 'pause', ifRev: dry.body.rev + 7 })).body.code).toBe(
      'changed-since-preview',
    );
    expect((await command(journey, { command: 'pause', ifRev: dry.body.rev })).status).toBe(200);
    expect((await command(journey, { command: 'pause', dryRun: true })).body.code).toBe('already-paused');
  });

  test('a rev that was shown holds although the run counts another, until the journey is told something', async () => {
    const { journey, account } = await aTrial(api);
    await api.call('POST', '/v1/holds', { as: 'cs', body: { account, reason: 'a test' } });
    expect((await command(journey, { command: 'run-now', step: 'day3-checkin' })).status).toBe(200);
    await eventually(
      async () => (await api.call('GET', `/v1/decisions?journey=${journey}&outcome=held`)).body.items.length > 0,
    );
    const { lock } = (await readJourney(api.database.db, journey))!;
    const run = await eventually(async () => {
      const state = await api.deps.client.workflow.getHandle(lock).query(journeyStateQuery);
      return state.steps['day3-checkin']!.hold ? state : undefined;
    });
    const shown = await command(journey, { command: 'skip', step: 'day6-offer', dryRun: true });
    expect(shown.body.rev).not.toBe(run.rev);
    const skip = { command: 'skip', step: 'day6-offer', ifRev: shown.body.rev };
    expect((await command(journey, skip)).status).toBe(200);
    const later = { command: 'skip', step: 'day3-checkin', ifRev: shown.body.rev };
    expect((await command(journey, later)).body.code).toBe('changed-since-preview');
  });

  test('an ended journey answers journey-ended, an unknown one unknown-journey', async () => {
    const { journey } = await aTrial(api);
    expect((await command(journey, { command: 'exit' })).body).toMatchObject({ accepted: true, state: 'ended' });
    await eventually(async () => (await readJourney(api.database.db, journey))!.endedAt);
    const late = await command(journey, { command: 'pause' });
    expect(late).toMatchObject({ status: 409, body: { code: 'journey-ended' } });
    for (const id of [randomUUID(), 'nonsense'])
      expect(await command(id, { command: 'pause' })).toMatchObject({ status: 404, body: { code: 'unknown-journey' } });
  });

  test('names what is wrong with a body, and needs the scope', async () => {
    const { journey } = await aTrial(api);
    const wrong = await command(journey, { command: 'postpone', step: 'day3-checkin', to: 'soon', colour: 'red' });
    expect(wrong.status).toBe(400);
    expect(wrong.body.errors.map((e: { pointer: string }) => e.pointer).sort()).toEqual(['/colour', '/to']);
    expect(
      (await api.call('POST', `/v1/journeys/${journey}/commands`, { as: 'cs', body: { command: 'pause' } })).body
        .errors,
    ).toMatchObject([{ pointer: '/reason' }]);
    expect((await command(journey, { command: 'extend', duration: 'P1M' })).body.code).toBe('invalid-date');
    expect((await command(journey, { command: 'change-plan', plan: 'no-such-plan' })).body.code).toBe('unknown-plan');
    for (const date of ['1900-01-01', '9999-12-31'])
      expect((await command(journey, { command: 'move-date', date })).status).toBe(409);
    for (const as of ['viewer', 'service'] as const)
      expect((await command(journey, { command: 'pause' }, as)).status).toBe(403);
    const none = await api.call('POST', `/v1/journeys/${journey}/commands`, {
      as: null,
      body: { command: 'pause', reason: 'x' },
    });
    expect(none.status).toBe(401);
  });

  test('12 at once on one journey: each applied or told to come again, none falsely refused', async () => {
    const { journey } = await aTrial(api);
    const url = `/v1/journeys/${journey}/commands`;
    const answers = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const body = { command: 'note', reason: 'a test', id: `n${i}` };
        const first = await api.callOnce('POST', url, { as: 'cs', body });
        return first.body.outcome === 'unknown' ? api.call('POST', url, { as: 'cs', body }) : first;
      }),
    );
    for (const answer of answers) expect([200, 429], answer.text).toContain(answer.status);
    const applied = answers.filter((answer) => answer.status === 200);
    expect(applied.length).toBeGreaterThanOrEqual(4);
    const audit = await api.call('GET', `/v1/audit?target=journey:${journey}&action=journey.note`);
    expect(audit.body.items).toHaveLength(applied.length);
    for (const answer of answers.filter((one) => one.status === 429))
      expect(answer.headers['retry-after']).toBeDefined();
  });
});

describe('commands without anybody to answer', () => {
  test('no worker: 503 that says what is unknown, the pause stands, and it is applied when a worker is back', async () => {
    const lonely = await workingApi();
    const { journey } = await aTrial(lonely);
    await lonely.stopWorker();
    const quiet = await apiFixtureOn(lonely);
    try {
      const paused = await quiet.call('POST', `/v1/journeys/${journey}/commands`, {
        as: 'cs',
        body: { command: 'pause', reason: 'x', id: 'p' },
      });
      expect([503, 504]).toContain(paused.status);
      expect(paused.body).toMatchObject({ outcome: 'unknown', id: 'p' });
      expect((await readJourney(lonely.database.db, journey))!.stopFlag).toBe('paused');
    } finally {
      await quiet.app.close();
      await lonely.close();
    }
  });

  test('no engine: the start is kept as starting and the command’s outcome is unknown', async () => {
    const dead = await apiFixture({ client: await deadClient(), config: { limits: { startMs: 700, commandMs: 900 } } });
    try {
      const account = freshId();
      await dead.call('PUT', `/v1/accounts/${account}`, { body: anAccount() });
      const started = await dead.call('POST', '/v1/journeys', { body: { playbook: '002.trial', account } });
      expect(started).toMatchObject({ status: 202, body: { state: 'starting', temporal: { runId: null } } });
      const paused = await dead.callOnce('POST', `/v1/journeys/${started.body.id}/commands`, {
        body: { command: 'pause', reason: 'x', id: 'p' },
      });
      expect(paused).toMatchObject({ status: 503, body: { code: 'engine-unavailable', outcome: 'unknown' } });
      expect((await readJourney(dead.database.db, started.body.id))!.stopFlag).toBe('paused');
      const other = await dead.callOnce('POST', `/v1/journeys/${started.body.id}/commands`, {
        body: { command: 'exit', reason: 'x', id: 'p' },
      });
      expect(other.status).toBe(422);
      await eventually(async () => {
        const ready = await dead.call('GET', '/readyz', { as: null });
        expect(ready).toMatchObject({ status: 503, body: { ready: false, engine: 'unreachable' } });
        return ready.body.database === 'ok';
      });
      const dry = await dead.call('POST', `/v1/journeys/${started.body.id}/commands`, {
        body: { command: 'pause', reason: 'x', dryRun: true },
      });
      expect(dry.status).toBe(200);
    } finally {
      await dead.close();
    }
  });

  test('a command whose answer was lost is settled by asking again', async () => {
    const { journey } = await aTrial(api);
    const { db } = api.database;
    const { insertCommand } = await import('../../../db/queries/commands/insert-command.ts');
    const run = { id: 'lost', name: 'pause' as const, until: null, clock: null };
    await db.transaction((tx) =>
      insertCommand(tx, {
        journeyId: journey,
        id: 'lost',
        run,
        bodyHash: 'h',
        reason: 'x',
        actor: 'cs:x',
        receivedAt: new Date(Date.now() - 60_000),
      }),
    );
    expect(await flagOf(journey)).toBe('paused');
    const settling = startSettling({
      db,
      issuer: api.app.issuer,
      startBulk: async () => {},
      clock: Date.now,
      log: api.deps.log,
      everyMs: 60_000,
    });
    expect(await settling.pass()).toBe(1);
    await settling.stop();
    expect((await api.call('GET', `/v1/journeys/${journey}`)).body.state).toBe('paused');
  });
});

/** A second API process over the same database, with little patience. */
async function apiFixtureOn(other: WorkingApi) {
  const { buildApp } = await import('../../../api/app.ts');
  const app = await buildApp({ ...other.deps, config: { ...other.deps.config, limits: { commandMs: 2500 } } });
  return {
    app,
    call: async (method: 'POST', url: string, { body, as }: { body: object; as: 'cs' }) => {
      const answer = await app.inject({
        method,
        url,
        headers: { authorization: `Bearer ${other.keyOf(as)}` },
        payload: body,
      });
      return { status: answer.statusCode, body: answer.json() };
    },
  };
}
