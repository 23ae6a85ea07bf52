import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSmtp } from '../../support/smtp.ts';
import type { TestSmtp } from '../../support/smtp.ts';
import { testGround } from '../../support/ground.ts';
import { eventually } from '../../support/eventually.ts';
import { mails } from './playbooks.ts';
import { startSystem, whileNothingLeaves } from './system.ts';
import type { System } from './system.ts';

const MAIL = '901.mail';

let smtp: TestSmtp;
let system: System;
beforeAll(async () => {
  smtp = await startSmtp();
  system = await startSystem(await testGround(), {
    smtp,
    withoutWorker: true,
    limits: { commandMs: 1_500 },
    playbooks: [mails(MAIL, [{ id: 'first', after: 'PT1S' }])],
  });
});
afterAll(async () => {
  await system.stop();
  await smtp.down();
});

it('what staff say while no worker runs holds at once, is answered honestly, and is applied once by the worker that comes', async () => {
  const [paused, exited, held, free, slept] = await Promise.all([...'12345'].map(() => system.begin(MAIL)));
  await eventually('it says that nobody works', async () => {
    const unanswered = await system.command(paused!, { command: 'pause', id: 'p' });
    expect(unanswered).toMatchObject({ body: { outcome: 'unknown', id: 'p' } });
    return unanswered.status === 503 && unanswered.body.code === 'no-worker';
  });
  expect(await system.commandRow(paused!, 'p')).toMatchObject({ state: 'received' });
  expect(await system.journeyRow(paused!)).toMatchObject({ stopFlag: 'paused' });
  expect((await system.command(exited!, { command: 'exit', id: 'x' })).body).toMatchObject({ outcome: 'unknown' });
  const hold = await system.must('POST', '/v1/holds', { account: held!.account, reason: 'a test' });
  for (const journey of [paused, exited, held, free]) expect((await system.read(journey!)).id).toBe(journey!.id);

  await system.startWorker();
  await eventually('the free one’s mail leaves', () => smtp.takenBy(free!.to).length === 1);
  await eventually('the pause is applied', async () => (await system.commandRow(paused!, 'p'))?.state === 'applied');
  await eventually('the exit is applied', async () => (await system.commandRow(exited!, 'x'))?.state === 'applied');
  expect(await system.read(paused!)).toMatchObject({ state: 'paused', pause: { command: 'p' } });
  expect(await system.insist(paused!, { command: 'pause', id: 'p' })).toMatchObject({
    status: 200,
    body: { accepted: true, state: 'paused' },
  });
  const audit = await system.must('GET', `/v1/audit?target=journey:${paused!.id}&action=journey.pause`);
  expect(audit.items).toHaveLength(1);
  await eventually('the exited one is over', async () => (await system.journeyRow(exited!)).endedAt);
  expect(await system.decided(held!, 'held')).toMatchObject({ reason: 'on-hold' });
  for (const journey of [paused, exited, held]) expect(smtp.takenBy(journey!.to)).toHaveLength(0);

  expect((await system.insist(paused!, { command: 'resume' })).status).toBe(200);
  await system.must('POST', `/v1/holds/${hold.id}/release`, { reason: 'over' });
  for (const journey of [paused, held, slept]) await system.decided(journey!, 'sent');

  await system.stopWorker();
  const late = await system.begin(MAIL);
  const gone = await system.command(late, { command: 'pause', id: 'q' });
  // The queue remembers its last worker for some minutes: then all that can be said is that no answer came.
  expect([503, 504]).toContain(gone.status);
  expect(gone.body).toMatchObject({ outcome: 'unknown', id: 'q' });
  expect(gone.ms).toBeLessThan(20_000);
  await whileNothingLeaves(1_000);
  await system.startWorker();
  await eventually(
    'the second pause is applied',
    async () => (await system.commandRow(late, 'q'))?.state === 'applied',
  );
  await whileNothingLeaves(1_000);
  expect(smtp.takenBy(late.to)).toHaveLength(0);
  for (const journey of [paused, held, free, slept]) expect(smtp.takenBy(journey!.to)).toHaveLength(1);
  expect(smtp.takenBy(exited!.to)).toHaveLength(0);
});
