import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../workflows/contracts/time.ts';
import type { Timetable, TimetableStep } from '../../../workflows/contracts/timetable.ts';
import { foldWith } from '../../../workflows/kernel/fold.ts';
import { DAY, HOUR, Run, START, due, iso, step, timetableOf } from './fixtures.ts';
import { UTC } from './zones.ts';

const opens = { expires: due('P9D', 'step:offer'), otherwise: 'expired', clock: 'run-on' } as const;
const base = [
  step('welcome', 'one', due('PT0S')),
  step('offer', 'one', due('P1D'), { kind: 'offer', open: opens }),
  step('tips', 'one', due('P8D')),
  step('check-in', 'one', due('P10D')),
  step('gone', 'one', due('P20D')),
  step('last', 'one', due('P60D')),
];
const without = (...ids: string[]) => base.filter((x) => !ids.includes(x.id));
const next = (steps: TimetableStep[], more: Partial<Timetable> = {}) => timetableOf(steps, { version: 2, ...more });

const journey = (more: Partial<Timetable> = {}) => new Run(timetableOf(base, more), { zone: UTC }).runTo(START);
const migrate = (run: Run, now: number, timetable: Timetable, anchors = {}) =>
  run.command(now, { name: 'migrate', program: (run.state.program ?? 0) + 1, timetable, anchors });

describe('a journey that goes over to another version', () => {
  it('keeps what is done, what is open with its clock, and what waits, by the new dues', () => {
    const run = journey().runTo(START + 5 * DAY);
    const { welcome, offer } = run.state.steps;
    const later = base.map((x) => (x.id === 'check-in' ? { ...x, due: due('P12D') } : x));
    const { timetable, effects } = migrate(run, START + 5 * DAY, next(later));
    expect([timetable, effects]).toEqual([next(later), []]);
    expect(run.state).toMatchObject({ program: 1, steps: { welcome, offer } });
    expect([run.due('tips'), run.due('check-in')]).toEqual([iso(START + 8 * DAY), iso(START + 12 * DAY)]);
    run.runTo(START + 90 * DAY);
    expect(run.touches().filter((x) => x.startsWith('check-in'))).toEqual([`check-in ${iso(START + 12 * DAY)}`]);
    expect(run.told('offer')).toBe('expired(not-answered)');
  });

  it('keeps what a pause has added, and the dates that staff gave', () => {
    const run = journey().runTo(START + 2 * DAY);
    run.command(START + 2 * DAY, { name: 'pause', until: null, clock: 'freeze' });
    run.command(START + 3 * DAY, { name: 'resume' });
    run.command(START + 3 * DAY, { name: 'postpone', step: 'tips', to: START + 30 * DAY });
    const later = base.map((x) => (x.id === 'check-in' ? { ...x, due: due('P12D') } : x));
    migrate(run, START + 4 * DAY, next(later));
    expect([run.due('check-in'), run.due('tips')]).toEqual([iso(START + 13 * DAY), iso(START + 30 * DAY)]);
  });

  it('does what is new and ahead, and leaves unsaid what is new and past, with all that follows it', () => {
    const run = journey().runTo(START + 5 * DAY);
    const fresh = [
      step('early', 'one', due('P3D')),
      step('after-early', 'one', due('P1D', 'step:early')),
      step('soon', 'one', due('P6D')),
      step('weekly', 'one', due('P1D'), { repeat: { every: parseDuration('P3D'), max: 3 } }),
    ];
    migrate(run, START + 5 * DAY, next([...base, ...fresh]));
    expect([run.told('early'), run.told('after-early'), run.due('soon')]).toEqual([
      'skipped(before-migration)',
      'skipped(before-migration)',
      iso(START + 6 * DAY),
    ]);
    expect([run.state.steps.weekly!.n, run.due('weekly')]).toEqual([3, iso(START + 7 * DAY)]);
    run.runTo(START + 6 * DAY);
    expect(run.touches().at(-1)).toBe(`soon ${iso(START + 6 * DAY)}`);
  });

  it('counts what is new in a stage that a flag enters from then', () => {
    const run = journey({ reactions: [{ event: 'alert', set: 'alert' }] }).runTo(START + 5 * DAY);
    migrate(
      run,
      START + 5 * DAY,
      next([...base, step('call', 'two', due('P1D', 'stage')), step('old', 'two', due('P1D'))], {
        stages: [
          { id: 'one', title: 'one', enter: 'journey' },
          { id: 'two', title: 'two', enter: 'flag:alert' },
        ],
        reactions: [{ event: 'alert', set: 'alert' }],
      }),
    );
    expect([run.told('call'), run.told('old')]).toEqual(['idle', 'idle']);
    run.event(START + 6 * DAY, 'alert');
    expect(run.due('call')).toBe(iso(START + 7 * DAY));
  });

  it('opens a stage again that was done, for what the new version has in it', () => {
    const run = new Run(
      timetableOf([step('a', 'one', due('PT0S')), step('b', 'two', due('P60D'))], {
        stages: [
          { id: 'one', title: 'one', enter: 'journey' },
          { id: 'two', title: 'two', enter: 'previous' },
        ],
      }),
    ).runTo(START + DAY);
    const { timetable } = run;
    migrate(run, START + DAY, {
      ...timetable,
      version: 2,
      steps: [...timetable.steps, step('c', 'one', due('P9D')), step('d', 'one', due('PT1H'))],
    });
    expect([run.told('c'), run.told('d')]).toEqual(['waiting', 'skipped(before-migration)']);
    run.runTo(START + 10 * DAY);
    expect([run.told('c'), run.state.stages.one!.ended]).toEqual(['sent', START + 9 * DAY]);
  });

  it('drops what is no more, keeps that decision beside the steps, and says the difference', () => {
    const run = journey().runTo(START + 5 * DAY);
    const before = run.state;
    migrate(run, START + 5 * DAY, next([...without('gone', 'offer'), step('fresh', 'one', due('P7D'))]));
    expect(run.state.past).toMatchObject([
      { step: 'offer', n: 1, outcome: 'dropped', removed: { kind: 'offer', channel: 'email' } },
      { step: 'gone', n: 1, outcome: 'dropped', reason: 'removed-by-migration', at: START + 5 * DAY },
    ]);
    expect(run.kernel.changes(before, run.state)).toEqual([
      { what: 'offer', from: 'open', to: 'dropped(removed-by-migration)' },
      { what: 'gone', from: iso(START + 20 * DAY), to: 'dropped(removed-by-migration)' },
      { what: 'fresh', from: null, to: iso(START + 7 * DAY) },
    ]);
    run.runTo(START + 90 * DAY);
    expect(run.touches().some((x) => x.startsWith('gone'))).toBe(false);
    expect(run.state.ended?.outcome).toBe('completed');
  });

  it('recalls what is on its way and no more wanted; what left all the same was sent', () => {
    for (const is of ['recalled', 'sent'] as const) {
      const run = journey().runTo(START + 8 * DAY - 1);
      run.tick(START + 8 * DAY);
      expect(migrate(run, START + 8 * DAY, next(without('tips'))).effects).toEqual([{ t: 'recall', step: 'tips' }]);
      run.outcome(START + 8 * DAY, 'tips', { is });
      expect(run.told('tips')).toBe(is === 'sent' ? 'sent' : 'dropped(removed-by-migration)');
      expect(run.state.past ?? []).toHaveLength(is === 'sent' ? 0 : 1);
    }
  });

  it('there and back again does nothing twice', () => {
    const run = journey().runTo(START + 5 * DAY);
    migrate(run, START + 5 * DAY, next([step('pro', 'one', due('P6D')), step('last', 'one', due('P60D'))]));
    run.runTo(START + 7 * DAY);
    migrate(run, START + 7 * DAY, timetableOf(base, { version: 3 }));
    expect([run.told('welcome'), run.told('pro')]).toEqual(['sent', 'sent']);
    expect(run.state.steps.gone).toMatchObject({ st: 'waiting', n: 2, due: START + 20 * DAY });
    run.runTo(START + 90 * DAY);
    const told = run.touches().map((x) => x.split(' ')[0]);
    expect(told.sort()).toEqual(['check-in', 'gone', 'last', 'offer', 'pro', 'tips', 'welcome']);
  });

  it('there and back again a list keeps what was ticked', () => {
    const list = step('list', 'one', due('PT0S'), {
      kind: 'checklist',
      open: { otherwise: 'expired', clock: 'run-on', items: ['x', 'y'] },
    });
    const run = new Run(timetableOf([...base, list])).runTo(START);
    run.fact(START, 'list', 'completed', { item: 'x' });
    migrate(run, START + HOUR, next(base));
    migrate(run, START + 2 * HOUR, timetableOf([...base, list], { version: 3 }));
    run.runTo(START + 2 * HOUR);
    expect(run.state.steps.list).toMatchObject({ st: 'open', n: 2, items: { x: START } });
    run.fact(START + 3 * HOUR, 'list', 'completed', { item: 'y' });
    expect(run.told('list')).toBe('completed');
  });

  it('fills in new dates; one that staff moved stays, one that only its rule made follows the new rule', () => {
    const anchors = (days: string) => ({
      end: { from: 'start', offset: parseDuration(days) },
      review: { from: 'end', offset: parseDuration('P2D') },
    });
    const moved = journey({ anchors: anchors('P14D'), moves: 'end', extend: { anchor: 'end', max: 30 * DAY } });
    moved.command(START, { name: 'move-date', date: START + 20 * DAY });
    const plain = journey({ anchors: anchors('P14D'), extend: { anchor: 'end', max: 30 * DAY } });
    plain.command(START, { name: 'extend', by: 3 * DAY });
    for (const run of [moved, plain]) {
      migrate(run, START + DAY, next(base, { anchors: { ...anchors('P21D'), renewal: { given: true } } }), {
        renewal: START + 90 * DAY,
      });
    }
    expect(moved.state.anchors).toMatchObject({ end: START + 20 * DAY, renewal: START + 90 * DAY });
    expect(plain.state.anchors.end).toBe(START + 24 * DAY);
  });

  it('knows at once what holds already of what only the new version asks, and nothing anew of the rest', () => {
    const reactions = [
      { event: 'ready', set: 'ready' },
      { event: 'unready', clear: 'ready' },
    ];
    const run = journey({ reactions }).runTo(START + DAY);
    run.event(START + DAY, 'ready');
    run.event(START + DAY, 'unready');
    const asks = [
      step('for-others', 'one', due('P9D'), { unless: [{ flag: 'connected', reason: 'converted' }] }),
      step('connect', 'one', due('P7D'), { kind: 'milestone', needs: ['connected'] }),
    ];
    const to = { program: 1, timetable: next([...base, ...asks], { reactions }), anchors: {} };
    run.command(START + 2 * DAY, { name: 'migrate', ...to, flags: ['ready', 'connected'] });
    expect(run.state.flags).toEqual({ connected: START + 2 * DAY });
    expect(run.told('connect')).toBe('met(early)');
    run.runTo(START + 9 * DAY);
    expect(run.told('for-others')).toBe('skipped(converted)');
  });

  it('is refused when it follows that version already, or has gone elsewhere since', () => {
    const run = journey();
    expect(migrate(run, START, timetableOf(base)).refused?.code).toBe('same-version');
    migrate(run, START, next(base));
    expect(
      run.command(START, { name: 'migrate', program: 1, timetable: timetableOf(base, { version: 3 }), anchors: {} })
        .refused?.code,
    ).toBe('changed-since-preview');
  });

  it('repeated by its id is answered, not done again', () => {
    const run = journey();
    const command = { id: 'm', name: 'migrate', program: 1, timetable: next(base), anchors: {} } as const;
    run.command(START, command);
    const { state } = run;
    expect(run.command(START + DAY, command)).toEqual({ state, effects: [] });
  });

  it('is previewed on the new version', () => {
    const run = journey();
    const timetable = next([step('welcome', 'one', due('PT0S')), step('new', 'one', due('P3D'))]);
    const preview = run.kernel.preview(
      run.state,
      { id: 'p', name: 'migrate', program: 1, timetable, anchors: {} },
      START,
    );
    expect('forecast' in preview && preview.forecast).toMatchObject([{ step: 'new', at: START + 3 * DAY }]);
  });

  it('goes on paused', () => {
    const run = journey();
    run.command(START, { name: 'pause', until: null, clock: null });
    migrate(run, START + DAY, next(without('tips')));
    run.runTo(START + 70 * DAY);
    expect(run.touches()).toHaveLength(1);
    expect(run.state.pause).not.toBeNull();
  });
});

describe('a journey that is taken over', () => {
  const happening = (program: number, timetable: Timetable) =>
    ({ t: 'migrated', id: `m${program}`, program, timetable, anchors: {}, at: START }) as const;

  it('goes on by the other playbook, once for each program, and never back to an older one', () => {
    const run = journey();
    const pro = { ...next(base), playbook: '999.pro' };
    expect(run.happens(happening(2, pro), START).timetable).toBe(pro);
    expect(run.happens(happening(2, pro), START).timetable).toBeUndefined();
    expect(run.happens(happening(1, next(base)), START).timetable).toBeUndefined();
    expect([run.state.program, run.timetable.playbook]).toEqual([2, '999.pro']);
  });

  it('after its end only remembers that it heard of it', () => {
    const run = journey();
    run.command(START, { name: 'exit' });
    const { ended } = run.state;
    expect(run.happens(happening(1, next(base)), START + HOUR).timetable).toBeUndefined();
    expect(run.state).toMatchObject({ ended, seen: ['m1'] });
  });

  it('is folded with the timetable that it then follows', () => {
    const run = journey();
    const snapshot = run.state;
    const { kernel } = run;
    const timetable = next([...without('tips'), step('new', 'one', due('P3D'))]);
    run.happens(happening(1, timetable), START + HOUR);
    const input = { t: 'happening', now: START + HOUR, happening: happening(1, timetable) } as const;
    const folded = foldWith(kernel, snapshot, [input], START + 2 * HOUR);
    expect(folded.state).toEqual(run.state);
    expect(folded.kernel.timetable).toBe(timetable);
  });
});
