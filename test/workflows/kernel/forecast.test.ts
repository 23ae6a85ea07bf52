import { describe, expect, it } from 'vitest';
import type { Input } from '../../../workflows/contracts/journey.ts';
import { fold } from '../../../workflows/kernel/fold.ts';
import { parseDuration } from '../../../workflows/contracts/time.ts';
import { DAY, HOUR, Run, START, due, iso, step, timetableOf } from './fixtures.ts';
import { UTC } from './zones.ts';

const pause = { name: 'pause', until: null, clock: null } as const;
const lines = (run: Run, now: number) =>
  run.kernel
    .forecast(run.state, now)
    .map((x) => `${x.step} ${iso(x.at)!.slice(0, 16)}${x.waitsFor ? ` waits for ${x.waitsFor}` : ''}`);

describe('a forecast', () => {
  it('lists what comes with channel and template, and a wait for an event at its latest', () => {
    const run = new Run().runTo(START + DAY);
    expect(lines(run, run.now)).toEqual([
      'check-in 2026-03-28T10:00 waits for loggedIn',
      'offer 2026-03-28T10:00',
      'banner 2026-03-28T10:00',
      'weekly 2026-03-30T10:00',
      'reminder 2026-03-31T10:00',
      'last-call 2026-04-04T10:00',
      'notice 2026-04-06T10:00',
    ]);
    expect(run.kernel.forecast(run.state, run.now)[1]).toEqual({
      step: 'offer',
      at: START + 5 * DAY,
      kind: 'offer',
      channel: 'email',
      template: 'offer',
    });
  });

  it('of a paused journey counts from its date, or as if it were resumed now', () => {
    const run = new Run().runTo(START + DAY);
    run.command(run.now, { ...pause, until: START + 3 * DAY });
    expect(lines(run, run.now)).toContain('offer 2026-03-30T10:00');
    run.command(run.now, { name: 'resume' });
    run.command(run.now, pause);
    expect(lines(run, START + 2 * DAY)).toContain('offer 2026-03-29T10:00');
    expect(run.kernel.status(run.state)).toBe('paused');
  });

  it('of a state that slept puts nothing into the past', () => {
    const run = new Run().runTo(START);
    expect(lines(run, START + 5 * HOUR).slice(0, 2)).toEqual(['sms 2026-03-23T15:00', 'tutorial 2026-03-23T16:00']);
  });

  it('of an ended journey is empty', () => {
    const run = new Run().runTo(START);
    run.command(START, { name: 'exit' });
    expect(run.kernel.forecast(run.state, START)).toEqual([]);
  });
});

describe('touches that are on their way when a forecast is made', () => {
  const every2Days = { repeat: { every: parseDuration('P2D'), until: 'to', max: 5 } };
  const pair = timetableOf(
    [
      step('first', 'one', due('PT0S'), { ...every2Days, late: { within: 0, otherwise: 'replan' } }),
      step('second', 'one', due('PT0S'), { ...every2Days, late: { within: 5 * DAY, otherwise: 'skip' } }),
    ],
    { anchors: { to: { from: 'start', offset: parseDuration('P8D') } }, minGap: HOUR },
  );
  const NOW = START + 2 * DAY + 1;

  // Found by the property "forecasts what then happens": `first` was recalled and started again, so it is in flight behind `second`.
  it.each([
    ['in the timetable’s order, as the forecast has it', ['first', 'second'], [NOW, NOW]],
    ['the other way round: the gap between touches then falls to the first', ['second', 'first'], [NOW + HOUR, NOW]],
  ])('are answered %s', (_, order, [first, second]) => {
    const run = new Run(pair, { zone: UTC });
    run.tick(START);
    run.outcome(START + DAY, 'first', { is: 'recalled' });
    const forecast = run.kernel.forecast(run.state, NOW);
    for (const id of order) run.outcome(NOW, id, { is: 'sent' });
    run.runTo(START + 9 * DAY);
    const again = (id: string) =>
      run.log.filter((x) => x.effect.t === 'touch' && x.effect.step === id && x.effect.n === 2);
    expect([again('first')[0]!.at, again('second')[0]!.at]).toEqual([first, second]);
    const told = forecast.slice(0, 2).map((x) => `${x.step} ${x.at}`);
    expect(told).toEqual([`first ${NOW}`, `second ${NOW}`]);
  });
});

describe('a snapshot that lags', () => {
  it('folds what was recorded since into the state that the run has', () => {
    const run = new Run();
    run.tick(START);
    const snapshot = run.state;
    const inputs: Input[] = [];
    const tell = (input: Input) => {
      inputs.push(input);
      run.input(input);
    };
    tell({ t: 'outcome', now: START + 1000, step: 'welcome', n: 1, outcome: { is: 'sent' } });
    tell({ t: 'outcome', now: START + 1500, step: 'quick-win', n: 1, outcome: { is: 'sent', opens: true } });
    tell({ t: 'command', now: START + HOUR, command: { id: 'x', name: 'skip', step: 'sms', ifRev: run.state.rev } });
    run.tick(START + 4 * HOUR);
    tell({ t: 'outcome', now: START + 4 * HOUR + 1000, step: 'tutorial', n: 1, outcome: { is: 'sent' } });
    tell({
      t: 'happening',
      now: START + 5 * HOUR,
      happening: { t: 'event', id: 'in', type: 'user_logged_in', at: START + 5 * HOUR, fields: {} },
    });
    run.tick(START + DAY);
    const folded = fold(run.kernel, snapshot, [...inputs].reverse(), START + DAY);
    const plain = (s: typeof folded) => JSON.stringify({ ...s, lastTouch: 0 });
    expect(plain(folded)).toBe(plain(run.state));
    expect(JSON.stringify(fold(run.kernel, snapshot, inputs, START + DAY))).toBe(JSON.stringify(folded));
  });
});
