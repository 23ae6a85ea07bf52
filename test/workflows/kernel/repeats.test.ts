import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../workflows/contracts/time.ts';
import { DAY, HOUR, Run, START, due, step, timetableOf } from './fixtures.ts';

const weekly = () =>
  new Run(
    timetableOf([
      step('check-in', 'one', due('P6D'), {
        kind: 'task',
        repeat: { every: parseDuration('P7D'), max: 3 },
        open: { expires: due('P7D', 'step:check-in'), otherwise: 'missed', clock: 'run-on' },
      }),
    ]),
  );

it('carries no more than a thousand decisions that nothing has written yet, the newest', () => {
  const ping = step('not-theirs', 'one', due('PT0S', 'flag:pinged'), { plans: ['none'], rearm: 0 });
  const reactions = [{ event: 'ping', set: 'pinged', again: true as const }];
  const run = new Run(timetableOf([ping, step('last', 'one', due('P9D'))], { reactions }));
  for (let i = 1; i <= 1100; i++) run.event(START + i, 'ping');
  expect(run.state.steps['not-theirs']!.n).toBe(1100);
  expect(run.state.past!.map((x) => x.n)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 100));
});

describe('an earlier occurrence of a repeating step', () => {
  it('is kept with its end until an activity that was started after it has answered', () => {
    const run = weekly().runTo(START + 6 * DAY);
    run.fact(START + 6 * DAY + HOUR, 'check-in', 'completed');
    expect(run.state.steps['check-in']).toMatchObject({ st: 'waiting', n: 2 });
    expect(run.state.past).toMatchObject([
      { step: 'check-in', n: 1, outcome: 'completed', at: START + 6 * DAY + HOUR },
    ]);
    run.tick(START + 13 * DAY);
    expect(run.state.past).toHaveLength(1);
    run.answer();
    expect(run.state.past).toBeUndefined();
  });

  it('is kept when that activity was recalled or broke, since nothing proves that it wrote', () => {
    for (const is of ['recalled', 'failed'] as const) {
      const run = weekly().runTo(START + 6 * DAY);
      run.fact(START + 6 * DAY + HOUR, 'check-in', 'completed');
      run.tick(START + 13 * DAY);
      run.outcome(run.now, 'check-in', is === 'failed' ? { is, reason: 'internal-error' } : { is });
      expect(run.state.past?.[0]).toMatchObject({ n: 1, outcome: 'completed' });
    }
  });

  it('that ended after the activity was started waits for the next one', () => {
    const run = weekly().runTo(START + 6 * DAY);
    run.tick(START + 13 * DAY);
    expect(run.state.past).toMatchObject([{ n: 1, outcome: 'missed' }]);
    run.answer();
    expect(run.state.past).toBeUndefined();
    run.fact(START + 13 * DAY + HOUR, 'check-in', 'completed');
    run.runTo(START + 19 * DAY);
    expect(run.state.past?.map((x) => x.n)).toEqual([2]);
    run.runTo(START + 20 * DAY);
    expect(run.state.past).toBeUndefined();
  });

  it('needs no keeping when it was only sent: its own activity said so', () => {
    const run = new Run(
      timetableOf([step('d', 'one', due('P1D'), { repeat: { every: parseDuration('P1D'), max: 4 } })]),
    );
    run.runTo(START + 5 * DAY);
    expect(run.touches()).toHaveLength(4);
    expect(run.state.past).toBeUndefined();
  });
});
