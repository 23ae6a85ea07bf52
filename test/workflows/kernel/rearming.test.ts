import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../workflows/contracts/time.ts';
import type { TimetableStep } from '../../../workflows/contracts/timetable.ts';
import { DAY, HOUR, Run, START, due, iso, step, timetableOf } from './fixtures.ts';
import { UTC } from './zones.ts';

const MINUTE = 60_000;
const YEAR = 365 * DAY;
const reactions = [
  { event: 'renewed', move: { anchor: 'renewal', field: 'to' } },
  { event: 'update', set: 'update', again: true as const },
  { event: 'silent', clear: 'update' },
  { event: 'fine', set: 'fine' },
];

const renewal = (...steps: TimetableStep[]) =>
  new Run(
    timetableOf(steps, { reactions, anchors: { renewal: { given: true } }, moves: 'renewal', maxAge: 3650 * DAY }),
    { anchors: { renewal: START + 90 * DAY }, zone: UTC },
  ).runTo(START);
const reminder = (more: Partial<TimetableStep> = {}) =>
  step('d30', 'one', due('-P30D', 'renewal'), { rearm: 45 * DAY, ...more });
const move = (run: Run, at: number, to: number) => run.event(at, 'renewed', { to: iso(to)! });

describe('a step that is re-armed', () => {
  it('happens again for the next date, term after term, each occurrence once', () => {
    const run = renewal(reminder());
    for (let term = 0; term < 3; term++) {
      const date = START + 90 * DAY + term * YEAR;
      run.runTo(date);
      move(run, date, date + YEAR);
    }
    run.runTo(START + 4 * YEAR);
    expect(run.touches()).toEqual([0, 1, 2, 3].map((term) => `d30 ${iso(START + 60 * DAY + term * YEAR)}`));
    expect(run.state.steps.d30).toMatchObject({ n: 4, st: 'done' });
    expect(run.state.ended).toBeNull();
  });

  it('does not when its date moves by less than that after it was done', () => {
    const run = renewal(reminder()).runTo(START + 61 * DAY);
    move(run, START + 61 * DAY, START + 90 * DAY + 44 * DAY);
    expect(run.state.steps.d30).toMatchObject({ st: 'done', n: 1 });
    move(run, START + 61 * DAY, START + 90 * DAY + 45 * DAY);
    expect([run.state.steps.d30!.n, run.due('d30')]).toEqual([2, iso(START + 105 * DAY)]);
  });

  it('stays away when the date moves back to where it was served already, and comes when it moves on again', () => {
    const run = renewal(reminder()).runTo(START + 61 * DAY);
    move(run, START + 61 * DAY, START + YEAR);
    expect(run.told('d30')).toBe('waiting');
    move(run, START + 62 * DAY, START + 95 * DAY);
    expect([run.told('d30'), run.due('d30')]).toEqual(['idle', undefined]);
    run.runTo(START + 100 * DAY);
    move(run, START + 100 * DAY, START + YEAR);
    run.runTo(START + YEAR);
    expect(run.touches()).toEqual([`d30 ${iso(START + 60 * DAY)}`, `d30 ${iso(START + YEAR - 30 * DAY)}`]);
  });

  it('is not when nothing that it counts from moved, though it was skipped before its date', () => {
    const run = renewal(reminder(), step('other', 'one', due('P200D')));
    run.command(START, { name: 'skip', step: 'd30' });
    run.runTo(START + 10 * DAY);
    expect(run.state.steps.d30).toMatchObject({ st: 'done', n: 1, reason: 'command' });
  });

  it('that was too late for a date comes for a later one, however near', () => {
    const run = renewal(step('d100', 'one', due('-P100D', 'renewal'), { rearm: 60 * DAY }));
    expect(run.told('d100')).toBe('skipped(already-past)');
    move(run, START, START + 103 * DAY);
    expect([run.state.steps.d100!.n, run.due('d100')]).toEqual([2, iso(START + 3 * DAY)]);
    expect(run.state.past).toMatchObject([{ step: 'd100', n: 1, outcome: 'skipped', reason: 'already-past' }]);
  });

  it('without `rearm` is done for good', () => {
    const run = renewal(step('once', 'one', due('-P30D', 'renewal')), reminder()).runTo(START + 61 * DAY);
    move(run, START + 61 * DAY, START + YEAR);
    expect(run.state.steps.once).toMatchObject({ st: 'done', n: 1 });
  });

  it('takes what follows it along', () => {
    const run = renewal(
      step('ask', 'one', due('-P30D', 'renewal'), {
        rearm: 45 * DAY,
        kind: 'task',
        open: { expires: due('P5D', 'step:ask'), otherwise: 'missed', clock: 'run-on' },
      }),
      step('again', 'one', due('P9D', 'step:ask'), { after: ['missed'], rearm: 45 * DAY }),
    ).runTo(START + 66 * DAY);
    expect(run.due('again')).toBe(iso(START + 74 * DAY));
    move(run, START + 66 * DAY, START + YEAR);
    expect(run.told('again')).toBe('idle');
    run.runTo(START + YEAR);
    move(run, START + YEAR, START + 2 * YEAR);
    run.runTo(START + 2 * YEAR);
    expect(run.touches().filter((x) => x.startsWith('again'))).toEqual([
      `again ${iso(START + YEAR - 16 * DAY)}`,
      `again ${iso(START + 2 * YEAR - 16 * DAY)}`,
    ]);
    expect(run.state.steps.again!.n).toBe(2);
  });

  it('starts its repetition anew', () => {
    const run = renewal(
      step('weekly', 'one', due('-P30D', 'renewal'), {
        repeat: { every: parseDuration('P7D'), max: 3 },
        rearm: 45 * DAY,
      }),
    ).runTo(START + 90 * DAY);
    move(run, START + 90 * DAY, START + YEAR);
    run.runTo(START + YEAR);
    const first = [60, 67, 74].map((n) => START + n * DAY);
    const second = [30, 23, 16].map((n) => START + YEAR - n * DAY);
    expect(run.touches()).toEqual([...first, ...second].map((t) => `weekly ${iso(t)}`));
  });

  it('a milestone needs its flags anew', () => {
    const run = renewal(
      step('seen', 'one', due('-P1D', 'renewal'), { kind: 'milestone', needs: ['update'], rearm: 0 }),
    );
    run.event(START + DAY, 'update');
    move(run, START + 2 * DAY, START + YEAR);
    expect(run.state.steps.seen).toMatchObject({ st: 'waiting', n: 2 });
    run.event(START + 3 * DAY, 'update');
    expect([run.told('seen'), run.state.steps.seen!.n]).toEqual(['met(early)', 2]);
  });
});

describe('a flag set again', () => {
  const cadence = () =>
    new Run(
      timetableOf(
        [
          step('remind', 'one', due('PT20M', 'flag:update'), { kind: 'task', rearm: 0 }),
          step('escalate', 'one', due('PT10M', 'step:remind'), { kind: 'task', after: ['sent'], rearm: 0 }),
        ],
        { reactions, maxAge: 9 * DAY },
      ),
    ).runTo(START);
  const after = (minutes: number) => START + minutes * MINUTE;

  it('has its reminder again and again, and its escalation only when nothing came', () => {
    const run = cadence();
    run.event(START, 'update');
    run.runTo(after(25));
    run.event(after(25), 'update');
    run.runTo(after(60));
    run.event(after(60), 'update');
    run.runTo(after(79));
    expect(run.touches()).toEqual([
      `remind ${iso(after(20))}`,
      `remind ${iso(after(45))}`,
      `escalate ${iso(after(55))}`,
    ]);
  });

  it('has what follows what followed wait anew, too', () => {
    const run = new Run(
      timetableOf([...cadence().timetable.steps, step('page', 'one', due('P1D', 'step:escalate'))], { reactions }),
    ).runTo(START);
    run.event(START, 'update');
    run.runTo(after(35));
    expect(run.due('page')).toBe(iso(after(30) + DAY));
    run.event(after(35), 'update');
    run.runTo(after(56));
    expect([run.told('escalate'), run.told('page')]).toEqual(['waiting', 'idle']);
    run.runTo(after(66));
    expect(run.due('page')).toBe(iso(after(65) + DAY));
  });

  it('while its reminder is on its way gives another occurrence after that one', () => {
    const run = cadence();
    run.event(START, 'update');
    run.tick(after(20));
    expect(run.event(after(20) + 1000, 'update').effects).toEqual([]);
    run.outcome(after(20) + 2000, 'remind', { is: 'sent' });
    expect([run.state.steps.remind!.n, run.due('remind')]).toEqual([2, iso(after(40) + 1000)]);
  });

  it('measures what moved in flight from the start of the touch', () => {
    const run = new Run(
      timetableOf([step('remind', 'one', due('PT20M', 'flag:update'), { rearm: 20 * MINUTE })], { reactions }),
    ).runTo(START);
    run.event(START, 'update');
    run.tick(after(20));
    run.event(after(20) + 1000, 'update');
    run.outcome(after(20) + 5000, 'remind', { is: 'sent' });
    expect(run.due('remind')).toBe(iso(after(40) + 1000));
  });

  it('while its reminder is on its way and held moves that same occurrence', () => {
    const run = cadence();
    run.event(START, 'update');
    run.tick(after(20));
    run.event(after(21), 'update');
    run.outcome(after(22), 'remind', { is: 'held', hold: 'h', recheck: after(30), reason: 'on-hold' });
    expect(run.state.steps.remind).toMatchObject({ st: 'waiting', n: 1, due: after(41) });
    expect(run.state.steps.remind!.hold).toBeUndefined();
  });

  it('unset and set again counts as well', () => {
    const run = cadence();
    run.event(START, 'update');
    run.runTo(after(25));
    run.event(after(25), 'silent');
    run.runTo(after(26));
    run.event(after(26), 'update');
    expect([run.state.steps.remind!.n, run.due('remind')]).toEqual([2, iso(after(46))]);
  });

  it('keeps every decision of its own occurrence', () => {
    const run = new Run(
      timetableOf(
        [
          step('call', 'one', due('PT0S', 'flag:update'), {
            kind: 'task',
            rearm: 0,
            open: { expires: due('PT4H', 'step:call'), otherwise: 'missed', clock: 'run-on' },
          }),
        ],
        { reactions },
      ),
    ).runTo(START);
    run.event(START, 'update');
    run.answer();
    run.fact(START + HOUR, 'call', 'completed');
    run.event(START + 2 * HOUR, 'update');
    expect(run.state.past).toMatchObject([{ step: 'call', n: 1, outcome: 'completed', at: START + HOUR }]);
    expect(run.state.steps.call).toMatchObject({ st: 'sending', n: 2 });
    run.answer();
    run.runTo(START + 9 * HOUR);
    expect(run.state.steps.call).toMatchObject({ st: 'done', n: 2, outcome: 'missed', at: START + 6 * HOUR });
  });
});
