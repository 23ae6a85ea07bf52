import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NativeConnection } from '@temporalio/worker';
import { expect, it, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { rehydrateJourney } from '../../api/journeys/rehydrate-journey.ts';
import { touchesPlaybook } from '../../bench/touches-playbook.ts';
import { publish } from '../../playbooks/publish/publish.ts';
import { loadConfig } from '../../temporal-config/config.ts';
import { connectClient } from '../../temporal-config/connect.ts';
import { startEphemeralEngine } from '../../temporal-config/ephemeral.ts';
import { projectRoot } from '../../temporal-config/root.ts';
import { startRig } from '../../workers/rehearse/rig.ts';
import { testGround } from '../support/ground.ts';
import { START } from './personas.ts';
import { atRest, explain, liveUntil, messagesOf, putAccount, startTrial } from './trial-rig.ts';

const HOUR = 3_600_000;

/** Three messages due fourteen seconds after the start, each late in its own way, and one a day later. */
function latePlaybook(): string {
  const playbook = parse(touchesPlaybook(1, 'PT1S')) as { stages: { steps: Record<string, unknown>[] }[] };
  const [step] = playbook.stages[0]!.steps;
  const late = (id: string, due: string, within: string, otherwise: string) => ({
    ...step,
    id,
    title: id,
    due,
    late: { within, otherwise },
  });
  const steps = [
    late('at-once', 'PT0S', 'P1D', 'skip'),
    late('strict', 'PT14S', 'PT1S', 'skip'),
    late('lenient', 'PT14S', 'P1D', 'skip'),
    late('replanned', 'PT14S', 'PT1S', 'replan'),
    late('tomorrow', 'P1D', 'P1D', 'skip'),
  ];
  return stringify({ ...playbook, id: '902.late', minGap: 'PT0S', stages: [{ ...playbook.stages[0], steps }] });
}

it('a second start goes on where the first one stopped, and what fell due meanwhile follows its late policy', async () => {
  const ground = await testGround();
  const first = await startRig(ground);
  await publish(first.database.db, { source: latePlaybook(), by: 'test', now: new Date() });
  const account = await putAccount(first);
  const started = Date.now();
  const journey = await startTrial(first, account, { playbook: '902.late' });
  expect((await messagesOf(first, account)).map((m) => m.step)).toEqual(['at-once']);
  await first.stop();
  // Nobody works meanwhile, so nobody can skip this time.
  await vi.waitUntil(() => Date.now() > started + 16_500, { timeout: 60_000 });

  const second = await startRig(ground, { same: first.same });
  try {
    const decisions = async () =>
      Object.fromEntries((await explain(second, journey.id)).map((d) => [d.step, `${d.outcome} ${d.reason}`]));
    await expect.poll(decisions).toMatchObject({
      'at-once': 'sent as-planned',
      strict: 'skipped stale',
      lenient: expect.stringMatching(/^sent/),
      replanned: expect.stringMatching(/^sent/),
    });
    expect((await messagesOf(second, account)).map((m) => m.step).sort()).toEqual(['at-once', 'lenient', 'replanned']);
    const { body } = await second.call<{ state: string; next: { step: string } }>('GET', `/v1/journeys/${journey.id}`);
    expect(body).toMatchObject({ state: 'running', next: { step: 'tomorrow' } });
  } finally {
    await second.stop();
  }
});

it('rehydrates a trial whose run was terminated: it goes on from what is recorded, and nothing is sent twice', async () => {
  const rig = await startRig(await testGround());
  try {
    const start = Date.parse(START);
    const shift = rig.shiftTo(start);
    const account = await putAccount(rig);
    const journey = await startTrial(rig, account, { anchor: START });
    await liveUntil(rig, journey, start + 2 * HOUR + 60_000, shift);
    await rig.call('POST', '/v1/events', {
      events: [{ id: `e-${account}`, type: 'setup_completed', account, at: new Date(rig.now()).toISOString() }],
    });
    await expect
      .poll(async () => (await messagesOf(rig, account)).map((m) => m.step).sort())
      .toEqual(['setup-sms', 'welcome-email']);
    await rig.client.workflow.getHandle(journey.temporal.workflowId).terminate('by hand');

    const { client, taskQueue, database, now } = rig;
    const deps = { db: database.db, client, taskQueue, clock: now, actor: 'test', reason: 'test' };
    const done = await rehydrateJourney(deps, journey.id);
    expect(done).toMatchObject({ id: journey.id, is: 'restarted', terminated: false });
    await atRest(rig, journey.temporal.workflowId);
    await liveUntil(rig, journey, start + 4 * HOUR + 60_000, shift);
    await expect
      .poll(async () => (await messagesOf(rig, account)).map((m) => m.step).sort())
      .toEqual(['first-conversation-tutorial', 'setup-sms', 'welcome-email']);
    expect(await rehydrateJourney(deps, journey.id)).toMatchObject({ is: 'restarted', terminated: true });
    await atRest(rig, journey.temporal.workflowId);
    const { body } = await rig.call<{ items: unknown[] }>('GET', `/v1/audit?limit=100`);
    expect(JSON.stringify(body)).toContain('journey.rehydrate');
    expect((await messagesOf(rig, account)).length).toBe(3);
  } finally {
    await rig.stop();
  }
});

it('rehydrate --all-open brings every open trial onto a new, empty engine', async () => {
  const ground = await testGround();
  const first = await startRig(ground);
  const folder = await mkdtemp(join(tmpdir(), 'tenure-rehydrate-'));
  const accounts = [await putAccount(first), await putAccount(first)];
  const trials = [];
  for (const account of accounts) trials.push(await startTrial(first, account));
  const [ended] = [await startTrial(first, await putAccount(first))];
  await first.call('POST', `/v1/journeys/${ended.id}/commands`, { command: 'exit', reason: 'test' });
  await atRest(first, ended.temporal.workflowId);
  await first.stop();
  const engine = await startEphemeralEngine();
  const client = await connectClient(loadConfig({}), engine);
  const connection = await NativeConnection.connect({ address: engine.address });
  try {
    const { databaseUrl, taskQueue } = first.same;
    const env = [
      `DATABASE_URL=${databaseUrl}`,
      `TEMPORAL_ADDRESS=${engine.address}`,
      `TEMPORAL_NAMESPACE=${engine.namespace}`,
      `TENURE_TASK_QUEUE=${taskQueue}`,
      `TENURE_DATA_DIR=${folder}`,
    ];
    const command = [...env, 'npm', 'run', '--silent', 'rehydrate', '--', '--all-open'];
    const { stdout } = await promisify(execFile)('env', command, { cwd: projectRoot(), timeout: 240_000 });
    const done = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; is: string });
    expect(done.map(({ id, is }) => [id, is]).sort()).toEqual(trials.map(({ id }) => [id, 'restarted']).sort());

    const second = await startRig({ ...ground, client, connection }, { same: first.same });
    try {
      for (const [i, { id, temporal }] of trials.entries()) {
        await atRest(second, temporal.workflowId);
        const { status } = await client.workflow.getHandle(temporal.workflowId).describe();
        expect(status.name).toBe('RUNNING');
        const paused = await second.call('POST', `/v1/journeys/${id}/commands`, { command: 'pause', reason: 'test' });
        expect(paused).toMatchObject({ status: 200, body: { accepted: true, state: 'paused' } });
        expect((await messagesOf(second, accounts[i]!)).map((m) => m.step)).toEqual(['welcome-email']);
      }
    } finally {
      await second.stop();
    }
  } finally {
    await connection.close();
    await client.connection.close();
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
