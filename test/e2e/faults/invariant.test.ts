import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSmtp } from '../../support/smtp.ts';
import type { TestSmtp } from '../../support/smtp.ts';
import { testGround } from '../../support/ground.ts';
import { eventually } from '../../support/eventually.ts';
import { mails } from './playbooks.ts';
import { startSystem, whileNothingLeaves } from './system.ts';
import type { Journey, System } from './system.ts';

const STEPS = ['m0', 'm1', 'm2', 'm3', 'm4', 'm5'];
const GAP_MS = 250;
const stream = (id: string) =>
  mails(
    id,
    STEPS.map((step, k) => ({ id: step, after: `PT${(0.02 + (k * GAP_MS) / 1000).toFixed(2)}S` })),
  );
const COMMON = '901.common';
const STOPPED = '902.stopped';
const HOW_MANY = 8;

let smtp: TestSmtp;
let system: System;
beforeAll(async () => {
  smtp = await startSmtp();
  system = await startSystem(await testGround(), { smtp, playbooks: [stream(COMMON), stream(STOPPED)] });
});
afterAll(async () => {
  await system.stop();
  await smtp.down();
});

/** Journeys whose six mails fall due one after another, to servers that take 0 to 140 ms to answer, or at first put mail off. */
const begin = (playbook: string) =>
  Promise.all(
    Array.from({ length: HOW_MANY }, async (_, k) => {
      const on = await system.newAccount();
      smtp.behave(on.to, k % 4 === 3 ? { rcpt: '451 4.3.0 try again in 1 s' } : { slowMs: k * 20 });
      return system.begin(playbook, on);
    }),
  );

const left = (journey: Journey) => smtp.takenBy(journey.to);
/** How long after the start each is spoken to: before, between and during its mails. */
const moment = (k: number) => delay(k * 190);
const calm = (journeys: Journey[]) => journeys.forEach((journey) => smtp.behave(journey.to, undefined));

describe.concurrent('after the answer nothing leaves', () => {
  it.for(['pause', 'exit'] as const)('to a %s, whenever it comes', async (command) => {
    const journeys = await begin(COMMON);
    const stopped = await Promise.all(
      journeys.map(async (journey, k) => {
        await moment(k);
        const answer = await system.insist(journey, { command, id: 'stop' });
        return { answer, count: left(journey).length };
      }),
    );
    calm(journeys);
    await whileNothingLeaves();
    for (const [k, { answer, count }] of stopped.entries()) {
      expect(answer.status).toBe(200);
      expect(left(journeys[k]!).length, `journey ${k}`).toBe(count);
    }
    expect(stopped.some(({ count }) => count < STEPS.length)).toBe(true);
    if (command === 'exit') return;
    await Promise.all(journeys.map((journey) => system.insist(journey, { command: 'resume', id: 'go' })));
    await everyMailOnce(journeys);
  });

  it('to a hold, whenever it comes', async () => {
    const journeys = await begin(COMMON);
    const held = await Promise.all(
      journeys.map(async (journey, k) => {
        await moment(k);
        const hold = await system.must('POST', '/v1/holds', { account: journey.account, reason: 'a test' });
        return { hold, count: left(journey).length };
      }),
    );
    calm(journeys);
    await whileNothingLeaves();
    for (const [k, { hold, count }] of held.entries()) {
      expect(hold.inFlight).toBe(0);
      expect(left(journeys[k]!).length, `journey ${k}`).toBe(count);
    }
    for (const { hold } of held) await system.must('POST', `/v1/holds/${hold.id}/release`, { reason: 'over' });
    await everyMailOnce(journeys);
  });

  it('to a stop, in whatever state each journey is', async () => {
    const journeys = await begin(STOPPED);
    await eventually('some mail has left', () => journeys.some((journey) => left(journey).length > 1));
    const stop = await system.must('POST', '/v1/stops', { scope: 'playbook', target: STOPPED, reason: 'a test' });
    const counts = journeys.map((journey) => left(journey).length);
    calm(journeys);
    expect(stop.inFlight).toBe(0);
    await whileNothingLeaves();
    expect(journeys.map((journey) => left(journey).length)).toEqual(counts);
    await system.must('POST', `/v1/stops/${stop.id}/release`, { reason: 'over' });
    await everyMailOnce(journeys);
  });
});

/** What was kept back was not lost, and nothing went twice. */
async function everyMailOnce(journeys: Journey[]): Promise<void> {
  for (const journey of journeys) for (const step of STEPS) await system.decided(journey, 'sent', step);
  for (const journey of journeys) {
    expect(left(journey)).toHaveLength(STEPS.length);
    expect(new Set(left(journey).map((one) => one.messageId)).size).toBe(STEPS.length);
  }
}
