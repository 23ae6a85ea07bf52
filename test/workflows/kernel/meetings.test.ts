import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../workflows/contracts/time.ts';
import { DAY, HOUR, Run, START, due, iso, step, timetableOf } from './fixtures.ts';

const journey = () =>
  new Run(
    timetableOf([
      step('ceo-call', 'one', due('PT0S'), {
        kind: 'meeting',
        open: {
          expires: due('P14D', 'step:ceo-call'),
          otherwise: 'missed',
          clock: 'run-on',
          escalations: [
            { after: parseDuration('PT12H'), level: 1, unless: 'booked' },
            { after: parseDuration('PT24H'), level: 2 },
          ],
        },
      }),
      step('remind', 'one', due('P2D', 'step:ceo-call'), { whileOpen: true }),
      step('thanks', 'one', due('PT1H', 'step:ceo-call'), { after: ['held'] }),
      step('rebook', 'one', due('P1D', 'step:ceo-call'), { after: ['no-show'] }),
      step('last', 'one', due('P60D')),
    ]),
  ).runTo(START);
const levels = (run: Run) => run.log.flatMap((x) => (x.effect.t === 'escalate' ? [x.effect.level] : []));

describe('a meeting', () => {
  it('that is booked stays open, spares its reminder of booking, and takes a new date', () => {
    const run = journey();
    run.fact(START + HOUR, 'ceo-call', 'booked');
    run.fact(START + 2 * HOUR, 'ceo-call', 'booked');
    expect(run.state.steps['ceo-call']).toMatchObject({ st: 'open', booked: START + 2 * HOUR });
    run.runTo(START + DAY);
    expect(levels(run)).toEqual([2]);
  });

  it('that nobody books escalates level by level', () => {
    const run = journey().runTo(START + 12 * HOUR);
    expect(levels(run)).toEqual([1]);
    run.fact(START + 13 * HOUR, 'ceo-call', 'booked');
    run.runTo(START + DAY);
    expect(levels(run)).toEqual([1, 2]);
  });

  it.each([
    ['held', 'thanks', HOUR],
    ['no-show', 'rebook', DAY],
  ] as const)('closes as %s, and what follows that comes', (what, follows, after) => {
    const run = journey();
    run.fact(START + 3 * HOUR, 'ceo-call', what);
    expect(run.told('ceo-call')).toBe(what);
    run.runTo(START + 9 * DAY);
    expect(run.touches().slice(1)).toEqual([`${follows} ${iso(START + 3 * HOUR + after)}`]);
  });

  it('booked before it opens is booked when it does; one over is not', () => {
    const run = new Run(journey().timetable);
    run.tick(START);
    run.fact(START, 'ceo-call', 'booked');
    run.outcome(START, 'ceo-call', { is: 'sent', opens: true });
    expect(run.state.steps['ceo-call']).toMatchObject({ st: 'open', booked: START });
    run.fact(START + HOUR, 'ceo-call', 'held');
    const call = run.state.steps['ceo-call'];
    run.fact(START + 2 * HOUR, 'ceo-call', 'booked');
    expect(run.state.steps['ceo-call']).toEqual(call);
  });

  it('nobody books is missed at its end', () => {
    expect(
      journey()
        .runTo(START + 20 * DAY)
        .told('ceo-call'),
    ).toBe('missed(not-answered)');
  });
});

describe('a reminder of what is open', () => {
  it('comes while that is open', () => {
    const run = journey().runTo(START + 3 * DAY);
    expect(run.touches()).toContain(`remind ${iso(START + 2 * DAY)}`);
  });

  it('is needless as soon as that is closed', () => {
    const run = journey();
    run.fact(START + HOUR, 'ceo-call', 'held');
    expect([run.told('remind'), run.state.steps.remind!.at]).toEqual(['skipped(already-done)', START + HOUR]);
  });

  it('on its way is recalled when that is closed', () => {
    const run = journey().runTo(START + 2 * DAY - 1);
    run.tick(START + 2 * DAY);
    expect(run.fact(START + 2 * DAY, 'ceo-call', 'held').effects).toContainEqual({ t: 'recall', step: 'remind' });
    run.outcome(START + 2 * DAY, 'remind', { is: 'recalled' });
    expect(run.told('remind')).toBe('skipped(already-done)');
  });

  it('of what was never opened is not needed', () => {
    const run = new Run(journey().timetable);
    run.tick(START);
    run.outcome(START, 'ceo-call', { is: 'failed', reason: 'data-error' });
    expect(run.told('remind')).toBe('skipped(not-needed)');
  });
});
