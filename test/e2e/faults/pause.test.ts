import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holds } from '../../../db/schema/index.ts';
import { startSmtp } from '../../support/smtp.ts';
import type { TestSmtp } from '../../support/smtp.ts';
import { testGround } from '../../support/ground.ts';
import { eventually } from '../../support/eventually.ts';
import { mails } from './playbooks.ts';
import { startSystem, whileNothingLeaves } from './system.ts';
import type { Journey, System } from './system.ts';

const MAIL = '901.mail';
const LEGAL = '902.legal';
/** Each has a playbook of its own, so that a stop of one does not touch the others. */
const STOPPED = ['903.stopped', '904.stopped', '905.stopped'] as const;
const playbooks = [
  mails(MAIL, [{ id: 'first' }]),
  mails(LEGAL, [
    { id: 'first', after: 'PT5S' },
    { id: 'notice', after: 'PT5S', class: 'legal' },
  ]),
  ...STOPPED.slice(0, 2).map((id) => mails(id, [{ id: 'first' }])),
  mails(STOPPED[2], [{ id: 'first' }, { id: 'notice', class: 'legal' }]),
];
const LATER = '451 4.3.0 busy, try again in 1 s';

let smtp: TestSmtp;
let system: System;
beforeAll(async () => {
  smtp = await startSmtp();
  system = await startSystem(await testGround(), { smtp, playbooks });
});
afterAll(async () => {
  await system.stop();
  await smtp.down();
});

const leftFor = (journey: { to: string }) => smtp.takenBy(journey.to).length;
const once = (journey: Journey) => eventually('the mail leaves', () => leftFor(journey) === 1);
const stop = (playbook: string) =>
  system.must('POST', '/v1/stops', { scope: 'playbook', target: playbook, reason: 'a test' });
const hold = (account: string) => system.must('POST', '/v1/holds', { account, reason: 'a test' });
const holdsOf = (account: string) => system.database.db.select().from(holds).where(eq(holds.accountId, account));
const release = (what: 'holds' | 'stops', { id }: { id: string }) =>
  system.must('POST', `/v1/${what}/${id}/release`, { reason: 'over' });
const changeOf = (answer: { body: { changes: { what: string }[] } }, step: string) =>
  answer.body.changes.filter((c) => c.what === step).at(-1);

/** A journey whose mail the server has put off at least once: its touch waits in back-off. */
async function inBackOff(playbook: string = MAIL, rcpt: string = LATER): Promise<Journey> {
  const on = await system.newAccount();
  smtp.behave(on.to, { rcpt });
  const journey = await system.begin(playbook, on);
  await eventually('the server refuses', () => smtp.asked(on.to) > 0);
  return journey;
}

/** A journey whose mail the server has in full and answers only when told to. */
async function atTheProvider(): Promise<Journey & { answer: () => void }> {
  const on = await system.newAccount();
  let answer!: () => void;
  smtp.behave(on.to, { answerAfter: new Promise<void>((resolve) => (answer = resolve)) });
  const journey = await system.begin(MAIL, on);
  await eventually('the server has the mail', () => leftFor(on) === 1);
  return { ...journey, answer };
}

/** Says it while the mail is at the provider, which answers once it is known. */
async function saidMeanwhile(journey: Awaited<ReturnType<typeof atTheProvider>>, command: 'pause' | 'exit') {
  const said = system.insist(journey, { command });
  await eventually('it is known', async () => (await system.journeyRow(journey)).stopFlag);
  journey.answer();
  return said;
}

describe.concurrent('a touch in back-off', () => {
  it('is recalled by a pause, stays back though the provider would take it, and leaves once at resume', async () => {
    const journey = await inBackOff();
    const paused = await system.insist(journey, { command: 'pause' });
    expect(paused).toMatchObject({ status: 200, body: { state: 'paused' } });
    expect(changeOf(paused, 'first')).toMatchObject({ note: 'recalled before it left' });
    smtp.behave(journey.to, undefined);
    await whileNothingLeaves();
    expect(leftFor(journey)).toBe(0);
    expect(await system.insist(journey, { command: 'resume' })).toMatchObject({
      status: 200,
      body: { state: 'running' },
    });
    await once(journey);
    await system.decided(journey, 'sent');
    expect(leftFor(journey)).toBe(1);
  });

  it('is recalled at once though its next try is far, so that the pause is answered and resume sends at once', async () => {
    const journey = await inBackOff(MAIL, '451 4.3.0 busy, try again in 5 m');
    await eventually('the refusal is written', async () => (await system.messageRow(journey))?.leaseUntil === null);
    const paused = await system.insist(journey, { command: 'pause' });
    expect(paused).toMatchObject({ status: 200, body: { state: 'paused' } });
    expect(changeOf(paused, 'first')).toMatchObject({ note: 'recalled before it left' });
    smtp.behave(journey.to, undefined);
    expect((await system.insist(journey, { command: 'resume' })).status).toBe(200);
    await system.decided(journey, 'sent');
    expect(leftFor(journey)).toBe(1);
  });

  it('is kept back by a hold and leaves once when that is released', async () => {
    const journey = await inBackOff();
    const held = await hold(journey.account);
    smtp.behave(journey.to, undefined);
    expect(await system.decided(journey, 'held')).toMatchObject({ reason: 'on-hold' });
    await whileNothingLeaves(1_200);
    expect(leftFor(journey)).toBe(0);
    expect(await release('holds', held)).toMatchObject({ woken: 1 });
    await once(journey);
    await system.decided(journey, 'sent');
    expect(leftFor(journey)).toBe(1);
  });

  it('is kept back by a stop and leaves once when that is released', async () => {
    const journey = await inBackOff(STOPPED[0]);
    const stopped = await stop(STOPPED[0]);
    smtp.behave(journey.to, undefined);
    expect(await system.decided(journey, 'held')).toMatchObject({ reason: 'stopped' });
    await whileNothingLeaves(1_200);
    expect(leftFor(journey)).toBe(0);
    await release('stops', stopped);
    await once(journey);
    await system.decided(journey, 'sent');
    expect(leftFor(journey)).toBe(1);
  });

  it('never leaves once the journey is exited', async () => {
    const journey = await inBackOff();
    expect(await system.insist(journey, { command: 'exit' })).toMatchObject({ status: 200, body: { state: 'ended' } });
    smtp.behave(journey.to, undefined);
    await whileNothingLeaves();
    expect(leftFor(journey)).toBe(0);
    expect(await system.journeyRow(journey)).toMatchObject({ state: 'ended', stopFlag: 'exited' });
    expect((await system.decision(journey))?.outcome).toBe('dropped');
  });
});

describe.concurrent('a touch at the provider', () => {
  it('is waited for by a pause, which says that it was sent, and is not sent again at resume', async () => {
    const journey = await atTheProvider();
    const paused = await saidMeanwhile(journey, 'pause');
    expect(paused).toMatchObject({ status: 200, body: { state: 'paused' } });
    expect(changeOf(paused, 'first')).toMatchObject({ to: 'sent', note: 'was already at the provider' });
    expect(await system.messageRow(journey)).toMatchObject({ state: 'sent', attempt: 1 });
    expect((await system.insist(journey, { command: 'resume' })).status).toBe(200);
    await whileNothingLeaves(1_500);
    expect(leftFor(journey)).toBe(1);
  });

  it('is waited for by an exit, which says that it was sent', async () => {
    const journey = await atTheProvider();
    const exited = await saidMeanwhile(journey, 'exit');
    expect(exited).toMatchObject({ status: 200, body: { state: 'ended' } });
    expect(changeOf(exited, 'first')).toMatchObject({ to: 'sent' });
    await eventually('the journey is over', async () => (await system.journeyRow(journey)).endedAt);
    expect(await system.messageRow(journey)).toMatchObject({ state: 'sent' });
    expect((await system.decision(journey))?.outcome).toBe('sent');
    expect(leftFor(journey)).toBe(1);
  });

  it('is waited for by a hold, which answers that nothing is in flight any more', async () => {
    const journey = await atTheProvider();
    const held = hold(journey.account);
    await eventually('the hold is known', async () => (await holdsOf(journey.account)).length === 1);
    journey.answer();
    expect(await held).toMatchObject({ inFlight: 0 });
    expect(await system.messageRow(journey)).toMatchObject({ state: 'sent' });
    expect(leftFor(journey)).toBe(1);
  });
});

describe.concurrent('an exit', () => {
  it('drops what a hold keeps back: its release wakes nobody', async () => {
    const on = await system.newAccount();
    const held = await hold(on.account);
    const journey = await system.begin(MAIL, on);
    await system.decided(journey, 'held');
    expect(await system.insist(journey, { command: 'exit' })).toMatchObject({ status: 200, body: { state: 'ended' } });
    await release('holds', held);
    await whileNothingLeaves(1_000);
    expect(leftFor(on)).toBe(0);
    expect((await system.decision(journey))?.outcome).toBe('dropped');
  });

  it('drops what a stop keeps back', async () => {
    const stopped = await stop(STOPPED[1]);
    const journey = await system.begin(STOPPED[1]);
    await system.decided(journey, 'held');
    expect((await system.insist(journey, { command: 'exit' })).status).toBe(200);
    await release('stops', stopped);
    await whileNothingLeaves(1_000);
    expect(leftFor(journey)).toBe(0);
    expect((await system.decision(journey))?.outcome).toBe('dropped');
  });

  it('ends a paused journey', async () => {
    const journey = await inBackOff();
    await system.insist(journey, { command: 'pause' });
    smtp.behave(journey.to, undefined);
    expect(await system.insist(journey, { command: 'exit' })).toMatchObject({ status: 200, body: { state: 'ended' } });
    await whileNothingLeaves(1_500);
    expect(leftFor(journey)).toBe(0);
  });
});

describe.concurrent('a legal notice', () => {
  it('passes a pause, which keeps everything else back', async () => {
    const journey = await system.begin(LEGAL);
    expect((await system.insist(journey, { command: 'pause' })).status).toBe(200);
    await system.decided(journey, 'sent', 'notice');
    await whileNothingLeaves(800);
    expect(leftFor(journey)).toBe(1);
    expect((await system.messageRow(journey, 'notice'))?.state).toBe('sent');
    expect(await system.messageRow(journey, 'first')).toBeUndefined();
  });

  it('passes a hold, which keeps everything else back', async () => {
    const on = await system.newAccount();
    await hold(on.account);
    const journey = await system.begin(LEGAL, on);
    await system.decided(journey, 'sent', 'notice');
    expect(await system.decided(journey, 'held', 'first')).toMatchObject({ reason: 'on-hold' });
    expect(leftFor(journey)).toBe(1);
  });

  it('does not pass a stop, and leaves when that is released', async () => {
    const stopped = await stop(STOPPED[2]);
    const journey = await system.begin(STOPPED[2]);
    for (const step of ['first', 'notice'])
      expect(await system.decided(journey, 'held', step)).toMatchObject({ reason: 'stopped' });
    await whileNothingLeaves(800);
    expect(leftFor(journey)).toBe(0);
    await release('stops', stopped);
    for (const step of ['first', 'notice']) await system.decided(journey, 'sent', step);
    expect(leftFor(journey)).toBe(2);
  });
});
