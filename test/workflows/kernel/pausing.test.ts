import { describe, expect, it } from 'vitest';
import type { ClockRule } from '../../../workflows/contracts/time.ts';
import { parseDuration } from '../../../workflows/contracts/time.ts';
import type { Timetable } from '../../../workflows/contracts/timetable.ts';
import { DAY, HOUR, Run, START, due, iso, step, timetableOf } from './fixtures.ts';
import { UTC } from './zones.ts';

const pause = { name: 'pause', until: null, clock: null } as const;
const one = (clock: ClockRule, more = {}): Timetable => timetableOf([step('s', 'one', due('P3D'), { clock, ...more })]);
const after = (ms: number) => iso(START + ms);

describe('a wait under a pause from day 1 to day 6', () => {
  it.each<[ClockRule, Partial<Parameters<typeof step>[3]>, string]>([
    ['freeze', {}, 'waiting'],
    ['run-on', {}, 'skipped(stale)'],
    ['run-on', { late: { within: 4 * DAY, otherwise: 'skip' } }, 'sending'],
    ['run-on', { late: { within: HOUR, otherwise: 'replan' } }, 'sending'],
    ['absolute', { late: { within: 4 * DAY, otherwise: 'skip' } }, 'skipped(missed-date)'],
    ['absolute', { late: { within: 0, otherwise: 'replan' } }, 'sending'],
  ])('%s %o leaves a step due on day 3 %s', (clock, more, expected) => {
    const run = new Run(one(clock, more));
    run.command(START + DAY, pause);
    run.command(START + 6 * DAY, { name: 'resume' });
    expect(run.told('s')).toBe(expected);
    if (clock === 'freeze') expect(run.due('s')).toBe(after(8 * DAY));
  });

  it('lets the pause name another clock, but never moves a date that is absolute', () => {
    const run = new Run(
      timetableOf([step('a', 'one', due('P9D')), step('b', 'one', due('P9D'), { clock: 'absolute' })]),
    );
    run.command(START + DAY, { ...pause, clock: 'run-on' });
    run.command(START + 6 * DAY, { name: 'resume' });
    expect([run.due('a'), run.due('b')]).toEqual([after(9 * DAY), after(9 * DAY)]);
    run.command(START + 6 * DAY, { ...pause, clock: 'freeze' });
    run.command(START + 7 * DAY, { name: 'resume' });
    expect([run.due('a'), run.due('b')]).toEqual([after(10 * DAY), after(9 * DAY)]);
  });

  it('ends by itself at its date, also when nobody ticks then', () => {
    const run = new Run(one('freeze'));
    run.command(START + DAY, { ...pause, until: START + 2 * DAY });
    expect(run.kernel.nextWake(run.state)).toBe(START + 2 * DAY);
    run.tick(START + 3 * DAY);
    expect([run.state.pause, run.due('s')]).toEqual([null, after(4 * DAY)]);
  });

  it('a resume told late counts to the date at which the pause was over', () => {
    const run = new Run(one('freeze'));
    run.command(START + DAY, { ...pause, until: START + 2 * DAY });
    run.command(START + 3 * DAY, { name: 'resume' });
    expect(run.due('s')).toBe(after(4 * DAY));
  });
});

describe('the ends of stage and journey under a pause from day 1 to day 6', () => {
  const ending = (more: Partial<Timetable>) =>
    timetableOf([step('s', 'one', due('P3D')), step('late', 'one', due('P9D'))], {
      stages: [{ id: 'one', title: 'One', enter: 'journey', end: due('P4D') }],
      end: { at: due('P5D'), outcomes: [{ outcome: 'over' }] },
      ...more,
    });
  const paused = (timetable: Timetable, clock: ClockRule | null = null) => {
    const run = new Run(timetable);
    run.command(START + DAY, { ...pause, clock });
    run.tick(START + 5 * DAY + HOUR);
    if (!run.state.ended) run.command(START + 6 * DAY, { name: 'resume' });
    return run;
  };

  it('run on, and take what waits with them', () => {
    expect(paused(ending({})).state.ended?.at).toBe(START + 5 * DAY);
    expect(paused(ending({ endClock: 'freeze' }), 'run-on').state.ended?.at).toBe(START + 5 * DAY);
  });

  it('stand still where the playbook says so: what was left before them is left after it', () => {
    const run = paused(ending({ endClock: 'freeze' }));
    expect([run.due('s'), run.told('s')]).toEqual([after(8 * DAY), 'waiting']);
    run.tick(START + 8 * DAY);
    run.answer();
    run.tick(START + 9 * DAY);
    expect(run.told('late')).toBe('dropped(past-stage-end)');
    run.tick(START + 10 * DAY);
    expect(run.state.ended).toMatchObject({ outcome: 'over', at: START + 10 * DAY });
  });

  it('that stand still keep no legal notice back', () => {
    const legal = step('law', 'one', due('P5D'), { class: 'legal' });
    const stages = [{ id: 'one', title: 'One', enter: 'journey' as const, end: due('P4D') }];
    const told = (more: Partial<Timetable>) => {
      const run = new Run(timetableOf([legal], { stages, ...more }));
      run.command(START + DAY, pause);
      return run.runTo(START + 6 * DAY).told('law');
    };
    expect([told({ endClock: 'freeze' }), told({})]).toEqual(['sent', 'dropped(past-stage-end)']);
  });

  it('that stand still are as far as the pause has moved them when staff put a step', () => {
    const run = new Run(ending({ endClock: 'freeze' }));
    run.command(START + DAY, pause);
    const put = (day: number) =>
      run.command(START + 3 * DAY, { name: 'postpone', step: 's', to: START + day * DAY }).refused?.code;
    expect([put(6), put(5.9)]).toEqual(['past-stage-end', undefined]);
  });
});

describe('a repetition every 30 days under a freezing pause of 21', () => {
  const review = (more = {}) =>
    timetableOf([
      step('review', 'one', due('P10D'), { kind: 'task', repeat: { every: parseDuration('P30D') }, ...more }),
    ]);
  const open = { open: { otherwise: 'missed' as const, clock: 'run-on' as const } };
  const lived = (timetable: Timetable, from: number, then?: (run: Run) => void) => {
    const run = new Run(timetable).runTo(START + from * DAY);
    run.command(START + from * DAY, pause);
    then?.(run);
    run.command(START + (from + 21) * DAY, { name: 'resume' });
    return run.runTo(START + 40 * DAY);
  };

  it.each([
    ['before it opens', open, 5, 31],
    ['while it is open', open, 15, 10],
    ['while it waits for its next date', {}, 15, 10],
  ])('%s keeps its distance', (_, more, from, first) => {
    const run = lived(review(more), from);
    if (run.told('review') === 'open') run.fact(run.now, 'review', 'completed');
    expect(run.touches()).toEqual([`review ${after(first * DAY)}`]);
    expect(run.due('review')).toBe(after(61 * DAY));
    run.runTo(START + 62 * DAY);
    if (run.told('review') === 'open') run.fact(run.now, 'review', 'completed');
    expect(run.due('review')).toBe(after(91 * DAY));
  });

  it('keeps it when what is open is closed in the pause, and when staff put one occurrence elsewhere after it', () => {
    expect(lived(review(open), 15, (run) => run.fact(START + 20 * DAY, 'review', 'completed')).due('review')).toBe(
      after(61 * DAY),
    );
    const later = new Run(review());
    later.command(START + 5 * DAY, pause);
    later.command(START + 26 * DAY, { name: 'resume' });
    later.command(START + 26 * DAY, { name: 'postpone', step: 'review', to: START + 33 * DAY });
    expect(later.runTo(START + 34 * DAY).due('review')).toBe(after(61 * DAY));
  });

  it('does not move one whose clock runs on', () => {
    const run = lived(review({ ...open, clock: 'run-on' }), 15);
    run.fact(run.now, 'review', 'completed');
    expect(run.state.steps.review!.base).toBe(START + 40 * DAY);
  });
});

describe('what is on its way when a pause comes', () => {
  const late = timetableOf([step('s', 'one', due('P1D')), step('l', 'one', due('P1D'), { class: 'legal' })]);

  it('is recalled, waits with its due unchanged, and goes at the resume; a legal notice is not recalled', () => {
    const run = new Run(late);
    run.tick(START + DAY);
    expect(run.command(START + DAY + 1000, pause).effects).toEqual([{ t: 'recall', step: 's' }, { t: 'status' }]);
    run.outcome(START + DAY + 2000, 's', { is: 'recalled' });
    expect([run.told('s'), run.due('s')]).toEqual(['waiting', after(DAY)]);
    const { effects } = run.command(START + 9 * DAY, { name: 'resume' });
    expect(effects).toContainEqual({
      t: 'touch',
      step: 's',
      n: 1,
      due: START + 9 * DAY - 1000,
      staleAfter: START + 10 * DAY - 1000,
    });
  });

  it('counts as sent when the provider had it already', () => {
    const run = new Run(late);
    run.tick(START + DAY);
    run.command(START + DAY + 1000, pause);
    run.outcome(START + DAY + 2000, 's', { is: 'sent' });
    expect(run.told('s')).toBe('sent');
    expect(run.command(START + 9 * DAY, { name: 'resume' }).effects).toEqual([{ t: 'status' }]);
  });

  it('does not go stale by a recall that is answered only after the resume', () => {
    const run = new Run(late);
    run.tick(START + DAY);
    run.command(START + DAY + 1000, pause);
    run.command(START + 9 * DAY, { name: 'resume' });
    run.outcome(START + 9 * DAY + 1000, 's', { is: 'recalled' });
    expect(run.told('s')).toBe('sending');
  });

  it('starts nothing but legal notices while paused', () => {
    const run = new Run(late);
    run.command(START + HOUR, pause);
    expect(run.tick(START + 2 * DAY).filter((x) => x.t === 'touch')).toMatchObject([{ step: 'l' }]);
    expect(run.told('s')).toBe('waiting');
  });
});

describe('deadlines under a pause', () => {
  const timetable = timetableOf(
    [
      step('runs', 'one', due('PT0S'), {
        kind: 'task',
        open: {
          expires: due('P2D', 'step:runs'),
          otherwise: 'missed',
          clock: 'run-on',
          escalations: [{ after: { months: 0, days: 1, ms: 0 }, level: 1 }],
        },
      }),
      step('stops', 'one', due('PT0S'), {
        kind: 'task',
        open: { expires: due('P2D', 'step:stops'), otherwise: 'missed', clock: 'freeze' },
      }),
      step('touch', 'one', due('P5D')),
      step('next', 'two', due('P1D', 'stage')),
    ],
    {
      stages: [
        { id: 'one', title: 'one', enter: 'journey', end: due('P4D') },
        { id: 'two', title: 'two', enter: 'previous' },
      ],
    },
  );

  it('run on: escalation, expiry and the end of a stage come in their time', () => {
    const run = new Run(timetable).runTo(START);
    run.command(START + HOUR, pause);
    run.runTo(START + 3 * DAY);
    expect(run.log.map((x) => x.effect)).toContainEqual({ t: 'escalate', step: 'runs', n: 1, level: 1 });
    expect([run.told('runs'), iso(run.state.steps.runs!.at)]).toEqual(['missed(not-answered)', after(2 * DAY)]);
    expect(run.told('stops')).toBe('open');
    run.runTo(START + 4 * DAY);
    expect([run.told('touch'), run.told('stops')]).toEqual(['dropped(past-stage-end)', 'missed(stage-ended)']);
    expect(run.state.stages.two).toEqual({ entered: START + 4 * DAY });
  });

  it('a wait that began during the pause keeps its whole length', () => {
    const run = new Run(timetable).runTo(START);
    run.command(START + HOUR, pause);
    run.runTo(START + 6 * DAY);
    run.command(START + 6 * DAY, { name: 'resume' });
    expect(run.due('next')).toBe(after(7 * DAY));
  });

  it('a frozen expiry is moved by the pause', () => {
    const run = new Run(timetable).runTo(START);
    run.command(START + DAY, pause);
    run.command(START + 3 * DAY, { name: 'resume' });
    expect(iso(run.state.steps.stops!.expires)).toBe(after(4 * DAY));
  });

  it('drops a touch at once that the pause pushed past the end of its stage', () => {
    const run = new Run(
      timetableOf([step('s', 'one', due('P3D'))], {
        stages: [{ id: 'one', title: 'one', enter: 'journey', end: due('P7D') }],
      }),
    );
    run.command(START + DAY, pause);
    const r = run.command(START + 6 * DAY, { name: 'resume' });
    expect(run.told('s')).toBe('dropped(past-stage-end)');
    expect(r.effects.some((x) => x.t === 'touch')).toBe(false);
  });
});

describe('no burst after a pause or an outage', () => {
  const series = timetableOf(
    ['a', 'b', 'c'].map((id, i) =>
      step(id, 'one', due(`P${i + 1}D`), { clock: 'run-on', late: { within: 9 * DAY, otherwise: 'skip' } }),
    ),
    { minGap: 4 * HOUR },
  );

  it('spaces what fell due meanwhile by the minimum gap, in order', () => {
    const run = new Run(series);
    run.command(START + HOUR, pause);
    run.command(START + 5 * DAY, { name: 'resume' });
    run.runTo(START + 6 * DAY);
    expect(run.touches()).toEqual(['a', 'b', 'c'].map((id, i) => `${id} ${after(5 * DAY + i * 4 * HOUR)}`));
  });

  it('does so after an outage, too', () => {
    const run = new Run(series).runTo(START);
    run.now = START + 5 * DAY;
    run.runTo(START + 6 * DAY);
    expect(run.touches()).toEqual(['a', 'b', 'c'].map((id, i) => `${id} ${after(5 * DAY + i * 4 * HOUR)}`));
  });

  it('re-plans in order with the gap between', () => {
    const run = new Run({
      ...series,
      steps: series.steps.map((x) => ({ ...x, late: { within: HOUR, otherwise: 'replan' as const } })),
    });
    run.command(START + HOUR, pause);
    run.command(START + 5 * DAY, { name: 'resume' });
    run.runTo(START + 6 * DAY);
    expect(run.touches()).toEqual(['a', 'b', 'c'].map((id, i) => `${id} ${after(5 * DAY + i * 4 * HOUR)}`));
  });

  it('leaves together what the playbook itself sends together', () => {
    const run = new Run(
      timetableOf(
        [step('mail', 'one', due('P1D')), step('banner', 'one', due('P1D')), step('soon', 'one', due('P1DT1H'))],
        { minGap: 4 * HOUR },
      ),
    );
    run.command(START + HOUR, pause);
    run.command(START + 5 * DAY, { name: 'resume' });
    run.runTo(START + 9 * DAY);
    const shift = 5 * DAY - HOUR + DAY;
    expect(run.touches()).toEqual([`mail ${after(shift)}`, `banner ${after(shift)}`, `soon ${after(shift + HOUR)}`]);
  });

  it('waits for the morning rather than speak at night', () => {
    const run = new Run(
      timetableOf([step('s', 'one', due('P1D', 'start', { window: { from: 9 * 60, to: 18 * 60 } }))]),
      { zone: UTC },
    );
    run.tick(START + DAY + 10 * HOUR);
    expect([run.told('s'), run.due('s')]).toEqual(['waiting', '2026-03-25T09:00:00.000Z']);
    run.tick(START + 2 * DAY - HOUR);
    expect(run.told('s')).toBe('sending');
  });
});
