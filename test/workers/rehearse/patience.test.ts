import { describe, expect, it } from 'vitest';
import { patiently } from '../../../workers/rehearse/patience.ts';
import { shiftedNow, shownFrom } from '../../../workflows/contracts/time.ts';

type Answer = { status: number; body: object };

/** Gives these answers one after another, and keeps what it was asked again with. */
function scripted(...answers: Answer[]) {
  const asked: object[] = [];
  return {
    asked,
    ask: (again: object) => Promise.resolve((asked.push(again), answers.length > 1 ? answers.shift()! : answers[0]!)),
  };
}
const later = (status: number, body: object = {}): Answer => ({ status, body: { retryable: true, ...body } });
const done = { status: 200, body: {} };

describe('a patient client', () => {
  it('repeats what is to be repeated, a command under the id that it was noted by', async () => {
    const { ask, asked } = scripted(later(503), later(504, { outcome: 'unknown', id: 'c-1' }), later(429), done);
    expect(await patiently(ask)).toBe(done);
    expect(asked).toEqual([{}, {}, { id: 'c-1' }, { id: 'c-1' }]);
  });

  it.each([
    ['what was done', done],
    ['a refusal', { status: 409, body: { retryable: false } }],
    ['a conflict that may pass', later(409)],
    ['a fault that is ours', { status: 500, body: { retryable: false } }],
  ])('takes %s for the answer', async (_name, answer) => {
    const { ask, asked } = scripted(answer, done);
    expect(await patiently(ask)).toBe(answer);
    expect(asked).toHaveLength(1);
  });

  it('waits for the run of a journey that is starting, when asked to, and for nobody where nobody is there', async () => {
    const starting = { status: 202, body: { state: 'starting' } };
    expect(await patiently(scripted(starting, done).ask, { starts: true })).toBe(done);
    expect(await patiently(scripted(starting, done).ask)).toBe(starting);
    const unknown = later(503, { outcome: 'unknown', id: 'c-1' });
    expect(await patiently(scripted(unknown, done).ask, { unknowns: false })).toBe(unknown);
  });
});

it('the clock of a rehearsal stands still while the machine needs up to 25 s for what happens at one instant', () => {
  const instant = Date.parse('2026-03-02T15:00:00Z');
  const shift = instant - Date.parse('2026-11-22T08:00:00Z');
  for (const ms of [-25_000, 0, 1, 7_000, 25_000]) expect(shiftedNow(instant + ms - shift, shift)).toBe(instant);
  expect(shiftedNow(instant + 7_000, 0)).toBe(instant + 7_000);
  for (let ms = 0; ms < 60_000; ms += 999) {
    const at = instant + ms;
    const from = shownFrom(at, shift);
    expect(shiftedNow(from - shift, shift)).toBeGreaterThanOrEqual(at);
    expect(from - at).toBeLessThanOrEqual(30_000);
  }
});
