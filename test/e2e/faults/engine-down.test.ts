import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearLockedPorts } from 'get-port';
import { expect, it } from 'vitest';
import { resolveTemporalBinary } from '../../../temporal-config/binary.ts';
import { loadConfig } from '../../../temporal-config/config.ts';
import { connectClient, connectWorker } from '../../../temporal-config/connect.ts';
import { startDevServer } from '../../../temporal-config/dev-server.ts';
import { ensureSearchAttributes } from '../../../temporal-config/search-attributes.ts';
import { eventually } from '../../support/eventually.ts';
import { testGround } from '../../support/ground.ts';
import { startSmtp } from '../../support/smtp.ts';
import { mails } from './playbooks.ts';
import { startSystem, whileNothingLeaves } from './system.ts';

const MAIL = '901.mail';

/** An engine of the test's own, on a file, that comes back on the same port. */
async function ownEngine() {
  const folder = mkdtempSync(join(tmpdir(), 'tenure-faults-'));
  const config = loadConfig({});
  const binary = await resolveTemporalBinary({ config, progress: () => undefined });
  const start = (port: number) =>
    startDevServer({ binary, namespace: 'default', port, dbFilename: join(folder, 'engine.db') });
  let server = await start(0);
  const target = { address: server.address, namespace: 'default' };
  const client = await connectClient(config, target);
  await ensureSearchAttributes(client.connection, 'default');
  const { connection } = await connectWorker(config, target);
  return {
    client,
    connection,
    down: () => server.child.stop(),
    up: async () => {
      // It would not give the same port twice within half a minute.
      clearLockedPorts();
      server = await start(Number(target.address.split(':')[1]));
      if (server.address !== target.address) throw new Error('the port was taken meanwhile');
    },
    remove: async () => {
      await connection.close();
      await client.connection.close();
      await server.child.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

it('the engine stopped: starts wait, commands say that nobody knows, holds and reads work, and afterwards all goes on once', async ({
  onTestFinished,
}) => {
  const [ground, engine, smtp] = await Promise.all([testGround(), ownEngine(), startSmtp()]);
  const { client, connection } = engine;
  const playbooks = [
    mails(
      MAIL,
      ['PT0.02S', 'PT10S'].map((after, k) => ({ id: `m${k}`, after })),
    ),
  ];
  const system = await startSystem(
    { ...ground, client, connection },
    { smtp, playbooks, limits: { startMs: 1_000, commandMs: 1_500 } },
  );
  onTestFinished(async () => {
    await system.stop();
    await smtp.down();
    await engine.remove();
  });
  const [free, paused, held, noted] = await Promise.all([...'1234'].map(() => system.begin(MAIL)));
  for (const journey of [free, paused, held, noted]) await system.decided(journey!, 'sent', 'm0');
  await engine.down();

  const fresh = await system.newAccount();
  const started = await system.call('POST', '/v1/journeys', { playbook: MAIL, account: fresh.account });
  expect(started).toMatchObject({ status: 202, body: { state: 'starting' } });
  expect(started.ms).toBeLessThan(20_000);
  for (const [journey, said] of [
    [paused, { command: 'pause', id: 'p' }],
    [noted, { command: 'note', id: 'n' }],
  ] as const) {
    const answer = await system.command(journey!, said);
    expect([503, 504]).toContain(answer.status);
    expect(answer.body).toMatchObject({ outcome: 'unknown', id: said.id, retryable: true });
    expect(answer.ms).toBeLessThan(20_000);
  }
  expect(await system.journeyRow(paused!)).toMatchObject({ stopFlag: 'paused' });
  const hold = await system.must('POST', '/v1/holds', { account: held!.account, reason: 'a test' });
  expect(await system.read(free!)).toMatchObject({ id: free!.id, state: 'running' });
  expect((await system.must('GET', '/v1/journeys')).items).toHaveLength(5);
  expect(await system.call('GET', '/readyz')).toMatchObject({
    status: 503,
    body: { engine: 'unreachable', database: 'ok' },
  });
  await whileNothingLeaves(2_000);
  await engine.up();

  const late = { ...fresh, id: started.body.id as string, workflowId: '' };
  for (const journey of [free!, noted!, late])
    for (const step of ['m0', 'm1']) await system.decided(journey, 'sent', step);
  await eventually('the pause is applied', async () => (await system.commandRow(paused!, 'p'))?.state === 'applied');
  await eventually('the note is applied', async () => (await system.commandRow(noted!, 'n'))?.state === 'applied');
  expect(await system.decided(held!, 'held', 'm1')).toMatchObject({ reason: 'on-hold' });
  expect([free!, noted!, late, paused!, held!].map((journey) => smtp.takenBy(journey.to).length)).toEqual([
    2, 2, 2, 1, 1,
  ]);

  expect((await system.insist(paused!, { command: 'resume' })).status).toBe(200);
  await system.must('POST', `/v1/holds/${hold.id}/release`, { reason: 'over' });
  for (const journey of [paused!, held!]) await system.decided(journey, 'sent', 'm1');
  expect([paused!, held!].map((journey) => smtp.takenBy(journey.to).length)).toEqual([2, 2]);
  expect(await system.must('GET', `/v1/audit?target=journey:${paused!.id}&action=journey.pause`)).toMatchObject({
    items: [{ details: { command: 'p' } }],
  });
});
