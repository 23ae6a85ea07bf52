import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { audit, tasks } from '../../../db/schema/index.ts';
import { projectRoot } from '../../../temporal-config/root.ts';
import { testEngine } from '../../support/engine.ts';
import { eventually } from '../../support/eventually.ts';
import { testGround } from '../../support/ground.ts';
import { startSmtp } from '../../support/smtp.ts';
import type { Behaviour } from '../../support/smtp.ts';
import { ownPostgres } from './database.ts';
import { mails } from './playbooks.ts';
import { SECRET, startSystem } from './system.ts';
import type { Journey, System } from './system.ts';

const ONCE = '901.at-most-once';
const AGAIN = '902.at-least-once';
/** The lease of who died ends after 30 s, and a doubt is left alone for 60 s more before it is repeated. */
const AFTER_DEATH_MS = 240_000;
const playbooks = [mails(ONCE, [{ id: 'first' }]), mails(AGAIN, [{ id: 'first', class: 'service' }])];

/** `npm run worker` as a process of its own. */
function workerProcess({ url, taskQueue }: System, smtpUrl: string) {
  const { address, namespace } = testEngine();
  const env = {
    ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, TENURE_TASK_QUEUE: taskQueue },
    ...{ DATABASE_URL: url, SMTP_URL: smtpUrl, TENURE_SECRET: SECRET, TENURE_LOG_LEVEL: 'error' },
  };
  const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const program = [process.execPath, '--import', 'tsx', join(projectRoot(), 'workers', 'worker-main.ts')];
  // `env` becomes the program, so its id is the worker's.
  return spawn('env', [...set, ...program], { cwd: projectRoot(), stdio: 'ignore' });
}

describe.concurrent('what dies in the middle', () => {
  it('a worker killed mid-send: at most once stays once and goes to a person, at least once goes again, nothing is lost in silence', async ({
    onTestFinished,
  }) => {
    const smtp = await startSmtp();
    const system = await startSystem(await testGround(), { smtp, withoutWorker: true, playbooks });
    const worker = workerProcess(system, smtp.url);
    onTestFinished(async () => {
      worker.kill('SIGKILL');
      await system.stop();
      await smtp.down();
    });
    const begin = async (playbook: string, behaviour?: Behaviour) => {
      const on = await system.newAccount();
      smtp.behave(on.to, behaviour);
      return system.begin(playbook, on);
    };
    const left = (journey: Journey) => smtp.takenBy(journey.to);

    const calm = await begin(ONCE);
    await system.decided(calm, 'sent');
    const [taken, unheard, takenAgain, unheardAgain] = await Promise.all([
      begin(ONCE, { hang: 'data' }),
      begin(ONCE, { hang: 'rcpt' }),
      begin(AGAIN, { hang: 'data' }),
      begin(AGAIN, { hang: 'rcpt' }),
    ]);
    await eventually(
      'all four are at the provider',
      () =>
        left(taken).length + left(takenAgain).length === 2 &&
        smtp.asked(unheard.to) + smtp.asked(unheardAgain.to) === 2,
    );
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    for (const journey of [taken, unheard, takenAgain, unheardAgain]) {
      expect(await system.messageRow(journey)).toMatchObject({ state: 'intended', attempt: 1 });
      smtp.behave(journey.to, undefined);
    }
    await system.startWorker();

    for (const journey of [takenAgain, unheardAgain]) {
      await system.decided(journey, 'sent', 'first', AFTER_DEATH_MS);
      expect(await system.messageRow(journey)).toMatchObject({ state: 'sent', attempt: 2 });
    }
    for (const journey of [taken, unheard]) {
      expect(await system.decided(journey, 'sent', 'first', AFTER_DEATH_MS)).toMatchObject({ reason: 'in-doubt' });
      expect(await system.messageRow(journey)).toMatchObject({ state: 'in-doubt', attempt: 1 });
      expect(await system.database.db.select().from(tasks).where(eq(tasks.journeyId, journey.id))).toMatchObject([
        { state: 'open', step: 'first' },
      ]);
    }
    expect([calm, taken, unheard, takenAgain, unheardAgain].map((journey) => left(journey).length)).toEqual([
      1, 1, 0, 2, 1,
    ]);
    expect(new Set(left(takenAgain).map((one) => one.messageId)).size).toBe(1);
  });

  it('Postgres stopped during sends and commands: 503 meanwhile, nothing doubled, nothing lost, and all goes on', async ({
    onTestFinished,
  }) => {
    const postgres = await ownPostgres();
    const smtp = await startSmtp();
    const THREE = '903.three';
    const three = mails(
      THREE,
      ['PT0.02S', 'PT3S', 'PT6S'].map((after, k) => ({ id: `m${k}`, after })),
    );
    const system = await startSystem(await testGround(), {
      smtp,
      databaseUrl: postgres.url,
      playbooks: [...playbooks, three],
    });
    onTestFinished(async () => {
      await system.stop();
      await smtp.down();
      await postgres.remove();
    });
    const steady = await Promise.all(Array.from({ length: 6 }, () => system.begin(THREE)));
    const commanded = await system.begin(THREE);
    const slow = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const on = await system.newAccount();
        smtp.behave(on.to, { slowMs: 1_500 });
        return system.begin(ONCE, on);
      }),
    );
    await eventually('the slow ones are at the provider', () =>
      slow.every((journey) => smtp.takenBy(journey.to).length === 1),
    );
    await postgres.down();

    const said = { command: 'note', id: 'n' };
    // Asked all the while: a pool that backs off would let the later ones wait for longer than the outage.
    const asks: ReturnType<typeof system.call>[] = [];
    for (let k = 0; k < 12; k++, await delay(300))
      asks.push(
        system.command(commanded, said),
        system.call('GET', `/v1/journeys/${commanded.id}`),
        system.call('POST', '/v1/journeys', { playbook: ONCE, account: commanded.account, key: 'k' }),
        system.call('POST', '/v1/events', { events: [{ id: 'e1', type: 'anything', account: commanded.account }] }),
      );
    // While it is down still.
    for (const answer of await Promise.all(asks))
      expect(answer).toMatchObject({ status: 503, body: { code: 'database-unavailable', retryable: true } });
    expect(await system.call('GET', '/readyz')).toMatchObject({ status: 503, body: { ready: false } });
    await postgres.up();

    await eventually('the same command is taken', async () => (await system.command(commanded, said)).status === 200);
    for (const journey of [...steady, commanded])
      for (const step of ['m0', 'm1', 'm2']) await system.decided(journey, 'sent', step);
    for (const journey of slow) await system.decided(journey, 'sent', 'first');
    for (const journey of slow) expect(await system.messageRow(journey)).toMatchObject({ state: 'sent', attempt: 1 });
    expect([...steady, commanded].map((journey) => smtp.takenBy(journey.to).length)).toEqual(
      Array.from({ length: 7 }, () => 3),
    );
    expect(slow.map((journey) => smtp.takenBy(journey.to).length)).toEqual([1, 1, 1, 1]);
    expect((await system.database.db.select().from(audit).where(eq(audit.action, 'journey.note'))).length).toBe(1);
  });
});
