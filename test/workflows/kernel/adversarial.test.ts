import { describe, expect, it } from 'vitest';
import type { Command } from '../../../workflows/contracts/commands.ts';
import { parseDuration } from '../../../workflows/contracts/time.ts';
import { DAY, HOUR, Run, START, due, step, timetableOf } from './fixtures.ts';
import { UTC } from './zones.ts';

const pause = { name: 'pause', until: null, clock: null } as const;
const LAG = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

describe('names that JavaScript knows already', () => {
  it.each(LAG)('%s is nobody’s step, anchor, stage, flag or answered command', (name) => {
    const run = new Run().runTo(START);
    const at = START;
    expect(run.command(at, { name: 'skip', step: name }).refused?.code).toBe('unknown-step');
    expect(run.command(at, { name: 'move-date', date: START + DAY, anchor: name }).refused?.code).toBe(
      'unknown-anchor',
    );
    expect(run.command(at, { name: 'extend', by: DAY, stage: name }).refused?.code).toBe('unknown-stage');
    run.fact(at, name, 'accepted');
    expect(run.outcome(at, 'welcome', { is: 'sent' }).effects).toEqual([]);
    const first = run.command(at, { id: name, name: 'note' });
    expect(first.state.rev).toBeGreaterThan(0);
    expect(run.command(at, { id: name, ...pause }).state).toBe(first.state);
    expect(JSON.parse(JSON.stringify(run.state))).toEqual(run.state);
  });

  it.each(LAG)('%s as a flag is unset until it is set', (name) => {
    const run = new Run(timetableOf([step('s', 'one', due('P1D'), { if: [{ flag: name, reason: 'no' }] })])).runTo(
      START + DAY,
    );
    expect(run.told('s')).toBe('skipped(no)');
  });
});

describe('inputs that come wrong', () => {
  it('an outcome of another occurrence, of a step not on its way, or told twice changes nothing', () => {
    const run = new Run();
    run.tick(START);
    const { state } = run;
    expect(run.input({ t: 'outcome', now: START, step: 'welcome', n: 2, outcome: { is: 'sent' } }).state).toBe(state);
    expect(run.input({ t: 'outcome', now: START, step: 'sms', n: 1, outcome: { is: 'sent' } }).state).toBe(state);
    expect(run.input({ t: 'outcome', now: START, step: 'nope', n: 1, outcome: { is: 'sent' } }).state).toBe(state);
    run.outcome(START, 'welcome', { is: 'sent' });
    const sent = run.state;
    expect(run.outcome(START, 'welcome', { is: 'failed', reason: 'x' }).state).toBe(sent);
  });

  it('a clock that goes back changes nothing that was decided', () => {
    const run = new Run().runTo(START + DAY);
    const { state } = run;
    expect(run.input({ t: 'tick', now: START - 5 * DAY })).toEqual({ state, effects: [] });
  });

  it('a journey given an anchor long past catches up at once without a burst', () => {
    const run = new Run();
    const effects = run.tick(START + 9 * DAY + HOUR);
    expect(effects.filter((x) => x.t === 'touch').map((x) => 'step' in x && x.step)).toEqual(['offer']);
    expect(run.told('welcome')).toBe('skipped(stale)');
    expect([run.told('offer'), run.told('banner')]).toEqual(['sending', 'skipped(stale)']);
    expect(run.kernel.nextWake(run.state)).toBeGreaterThan(START + 9 * DAY + HOUR);
  });

  it('a hundred years of silence end it in one tick', () => {
    const run = new Run();
    run.tick(START + 36_500 * DAY);
    expect(run.state.ended).toMatchObject({ outcome: 'expired', at: START + 14 * DAY });
    expect(Object.values(run.state.steps).every((x) => x.st === 'done')).toBe(true);
  });

  it('a thousand occurrences missed in one sleep are decided in one tick, each of them', () => {
    const hourly = step('s', 'one', due('PT1H'), {
      repeat: { every: parseDuration('PT1H'), max: 1000 },
      late: { within: 0, otherwise: 'skip' },
    });
    const run = new Run(timetableOf([hourly, step('last', 'one', due('P90D'))]));
    run.tick(START + 80 * DAY);
    expect(run.state.past).toHaveLength(999);
    expect([run.state.steps.s!.n, run.told('s')]).toEqual([1000, 'skipped(stale)']);
    expect(JSON.stringify(run.state).length).toBeLessThan(256 * 1024);
  });

  it('two pauses at once: the second is refused; twelve commands at one instant keep their order', () => {
    const run = new Run().runTo(START);
    expect(run.command(START, pause).refused).toBeUndefined();
    expect(run.command(START, pause).refused?.code).toBe('already-paused');
    for (let i = 0; i < 12; i++) run.command(START, i % 2 ? pause : { name: 'resume' });
    expect(run.state.pause).not.toBeNull();
    expect(Object.keys(run.state.answered)).toHaveLength(13);
  });

  it('remembers the newest 256 commands and events, also under ids that are numbers', () => {
    const run = new Run().runTo(START);
    for (let i = 999; i >= 600; i--) run.command(START, { id: `${i}`, name: 'note' });
    for (let i = 0; i < 400; i++) run.happens({ t: 'event', id: `e${i}`, type: 'x', at: START, fields: {} }, START);
    expect(Object.keys(run.state.answered)).toHaveLength(256);
    expect([run.state.answered['999'], run.state.answered['600']]).toEqual([undefined, expect.any(Number)]);
    expect([run.state.seen.length, run.state.seen.at(-1), run.state.seen[0]]).toEqual([256, 'e399', 'e144']);
  });

  it('a pause of 100 pauses drifts by nothing', () => {
    const run = new Run(timetableOf([step('s', 'one', due('P30D'))]), { zone: UTC });
    for (let i = 0; i < 100; i++) {
      run.command(START + i * HOUR + 7, pause);
      run.command(START + i * HOUR + 7 + 1234, { name: 'resume' });
    }
    expect(run.state.steps.s!.due).toBe(START + 30 * DAY + 123_400);
  });

  it('a journey without steps completes; one whose steps wait for what never comes ends by age', () => {
    expect(new Run(timetableOf([])).state.ended).toMatchObject({ outcome: 'completed' });
    const circle = new Run(
      timetableOf([
        step('a', 'one', due('P1D', 'step:b')),
        step('b', 'one', due('P1D', 'step:a')),
        step('c', 'one', due('P1D', 'nowhere')),
      ]),
    );
    expect(circle.kernel.forecast(circle.state, START)).toEqual([]);
    circle.tick(START + 400 * DAY);
    expect(circle.state.ended).toMatchObject({ outcome: 'max-age' });
  });

  it('dates beyond every calendar are refused, not computed', () => {
    const run = new Run().runTo(START);
    for (const t of [Number.MAX_SAFE_INTEGER, -62_135_596_800_000, Infinity, NaN]) {
      for (const c of [
        { name: 'postpone', step: 'offer', to: t },
        { name: 'move-date', date: t },
        { ...pause, until: t },
      ]) {
        expect(run.command(START, c as unknown as Command).refused, `${c.name} ${t}`).toBeDefined();
      }
    }
    expect(run.command(START, { name: 'extend', by: NaN }).refused?.code).toBe('duration-not-positive');
  });

  it('a forecast of an endless repetition stops at 500', () => {
    const run = new Run(
      timetableOf([step('s', 'one', due('P1D'), { repeat: { every: { months: 0, days: 0, ms: 60_000 } } })]),
    );
    expect(run.kernel.forecast(run.state, START)).toHaveLength(500);
  });
});

describe('a step that is late outside its window', () => {
  it('cannot wait for a working day that lies behind it', () => {
    const window = { from: 540, to: 1020 };
    const run = new Run(
      timetableOf([
        step('s', 'one', due('P4D', 'start', { window, adjust: 'preceding' }), {
          late: { within: 9 * DAY, otherwise: 'skip' },
        }),
      ]),
      { zone: UTC },
    );
    run.tick(START + 5 * DAY + 10 * HOUR);
    expect(run.told('s')).toBe('sending');
  });
});
