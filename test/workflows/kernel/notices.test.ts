import { describe, expect, it } from 'vitest';
import type { TimetableStep } from '../../../workflows/contracts/timetable.ts';
import { DAY, HOUR, Run, START, due, iso, step, timetableOf } from './fixtures.ts';
import { UTC } from './zones.ts';

const YEAR = 365 * DAY;
const DATE = START + 90 * DAY;
const before = (days: number, date = DATE) => date - days * DAY;

const notice = (more: Partial<TimetableStep> = {}): TimetableStep =>
  step('notice', 'one', due('-P30D', 'renewal'), {
    class: 'legal',
    clock: 'absolute',
    notice: { opens: due('-P45D', 'renewal'), closes: due('-P15D', 'renewal'), alarm: 3 * DAY },
    ...more,
  });
const journey = (steps = [notice()], date = DATE, more = {}) =>
  new Run(
    timetableOf([...steps, step('last', 'one', due('P900D'))], {
      anchors: { renewal: { given: true } },
      moves: 'renewal',
      reactions: [{ event: 'renewed', move: { anchor: 'renewal', field: 'to' } }],
      maxAge: 3650 * DAY,
      ...more,
    }),
    { anchors: { renewal: date }, zone: UTC },
  ).runTo(START);
const held = (now: number) => ({ is: 'held' as const, hold: 'h', recheck: now + DAY, reason: 'on-hold' });
const alarms = (run: Run) => run.log.filter((x) => x.effect.t === 'escalate').map((x) => iso(x.at));

describe('a legal notice', () => {
  it('leaves on its day, while the journey is paused too', () => {
    const run = journey();
    run.command(START, { name: 'pause', until: null, clock: 'freeze' });
    run.runTo(DATE);
    expect(run.touches()).toEqual([`notice ${iso(before(30))}`]);
    expect(alarms(run)).toEqual([]);
  });

  it('is kept within its span by whatever its due says', () => {
    expect(journey([notice({ due: due('-P80D', 'renewal') })]).due('notice')).toBe(iso(before(45)));
    expect(journey([notice({ due: due('-P2D', 'renewal') })]).due('notice')).toBe(iso(before(15) - 60_000));
  });

  it('no window pushes it out', () => {
    const weekday = new Date(before(16)).getUTCDay() || 7;
    const window = { from: 0, to: 60, weekdays: [((weekday + 3) % 7) + 1] };
    const run = journey([notice({ due: due('-P16D', 'renewal', { window }) })]);
    expect(run.state.steps.notice!.due).toBe(before(16));
  });

  it('no gap pushes it out', () => {
    const run = journey(
      [step('other', 'one', due('-P15DT1H', 'renewal')), notice({ due: due('-P16D', 'renewal') })],
      DATE,
      { minGap: 9 * DAY },
    );
    run.runTo(before(16) - 1);
    run.tick(before(16));
    run.outcome(run.now, 'notice', held(run.now));
    run.runTo(DATE);
    expect(run.told('notice')).toBe('sent');
    expect(run.log.findLast((x) => x.effect.t === 'touch' && x.effect.step === 'notice')!.at).toBeLessThan(before(15));
  });

  it('a hold is asked once more just before its span closes; after it, it is too late', () => {
    const run = journey().runTo(before(30) - 1);
    for (let i = 0; i < 40 && run.told('notice') !== 'skipped(stale)'; i++) {
      run.tick(run.kernel.nextWake(run.state)!);
      if (run.told('notice') === 'sending') run.outcome(run.now, 'notice', held(run.now));
    }
    const tries = run.log.filter((x) => x.effect.t === 'touch').map((x) => x.at);
    expect(tries).toContain(before(15) - 60_000);
    expect(Math.max(...tries)).toBeLessThanOrEqual(before(15));
    expect(run.told('notice')).toBe('skipped(stale)');
    expect(alarms(run)).toEqual([iso(before(18))]);
  });

  it('that only some were told of is told to all anew when its date moves, also while it is on its way', () => {
    const some = (now: number) => ({ ...held(now), told: true as const });
    const recalled = { is: 'recalled' as const, told: true as const };
    for (const [early, word] of [
      [true, some(before(29))],
      [false, some(before(29))],
      [true, recalled],
    ] as const) {
      const run = journey().runTo(before(30) - 1);
      run.tick(before(30));
      const move = () => run.event(before(29), 'renewed', { to: iso(DATE + YEAR)! });
      if (early) move();
      run.outcome(before(29), 'notice', word);
      if (!early) move();
      expect(run.state.past).toMatchObject([{ step: 'notice', n: 1, outcome: 'skipped', reason: 'date-moved' }]);
      expect(run.state.steps.notice).toMatchObject({ st: 'waiting', n: 2, due: before(30, DATE + YEAR) });
    }
    const run = journey().runTo(before(30) - 1);
    run.tick(before(30));
    run.outcome(before(30), 'notice', some(before(30)));
    run.runTo(before(20));
    expect([run.told('notice'), run.state.steps.notice!.n]).toEqual(['sent', 1]);
  });

  it('may be tried until its span closes, however small its own lateness', () => {
    const run = journey([notice({ late: { within: 0, otherwise: 'replan' } })]).runTo(before(30) - 1);
    run.tick(before(20));
    const [touch] = run.log.flatMap((x) => (x.effect.t === 'touch' ? [x.effect] : []));
    expect(touch).toMatchObject({ step: 'notice', staleAfter: before(15) });
  });

  it('raises its alarm while it waits for a gate or is on its way, once', () => {
    const gated = journey([notice({ gate: { flag: 'f', until: due('P900D'), reason: 'never' } })]).runTo(DATE);
    const sending = journey();
    sending.tick(before(30));
    sending.tick(before(16));
    for (const run of [gated, sending]) expect(alarms(run)).toEqual([iso(run === gated ? before(18) : before(16))]);
    expect(sending.log.at(-1)!.effect).toEqual({ t: 'escalate', step: 'notice', n: 1, level: 1 });
  });

  it('is sent at once when the journey starts inside its span, at night too, and without an alarm', () => {
    for (const days of [20, 16]) {
      const window = { from: 0, to: 60 };
      const run = journey([notice({ due: due('-P30D', 'renewal', { window }) })], START + days * DAY).runTo(
        START + 2 * DAY,
      );
      expect(run.touches()).toEqual([`notice ${iso(START)}`]);
      expect(alarms(run)).toEqual([]);
    }
  });

  it('is recorded, not sent, when the journey starts after its span', () => {
    const run = journey([notice()], START + 10 * DAY);
    expect([run.told('notice'), run.touches()]).toEqual(['skipped(already-past)', []]);
  });

  it('is sent anew when its date moves so that it lay outside, and only then', () => {
    const run = journey().runTo(before(29));
    run.event(before(29), 'renewed', { to: iso(DATE + 14 * DAY)! });
    expect(run.state.steps.notice).toMatchObject({ n: 1, st: 'done' });
    run.event(before(29), 'renewed', { to: iso(DATE + 16 * DAY)! });
    expect([run.state.steps.notice!.n, run.due('notice')]).toEqual([2, iso(before(14))]);
    run.event(before(28), 'renewed', { to: iso(DATE)! });
    expect([run.told('notice'), run.due('notice')]).toEqual(['idle', undefined]);
    run.event(before(27), 'renewed', { to: iso(DATE + YEAR)! });
    run.runTo(DATE + YEAR);
    expect(run.touches()).toEqual([`notice ${iso(before(30))}`, `notice ${iso(before(30) + YEAR)}`]);
  });

  it('sent for a date that moves so near that its span has passed leaves an alarm and a decision', () => {
    const run = journey().runTo(before(30));
    run.event(before(30), 'renewed', { to: iso(before(22))! });
    run.runTo(before(29));
    expect([run.told('notice'), run.state.steps.notice!.n]).toEqual(['skipped(stale)', 2]);
    expect(alarms(run)).toEqual([iso(before(30))]);
  });

  it('that was not sent comes for a later date, whatever `rearm` says', () => {
    const run = journey([notice()], START + 10 * DAY);
    run.event(START + HOUR, 'renewed', { to: iso(START + 40 * DAY)! });
    expect([run.state.steps.notice!.n, run.due('notice')]).toEqual([2, iso(START + 10 * DAY)]);
  });

  it('that follows a step which went another way is not needed, once', () => {
    const run = journey([
      step('asked', 'one', due('P1D')),
      notice({ due: due('P1D', 'step:asked'), after: ['failed'] }),
    ]).runTo(START + 2 * DAY);
    expect([run.told('notice'), run.state.steps.notice!.n]).toEqual(['skipped(not-needed)', 1]);
  });

  it('staff may put it elsewhere within its span only', () => {
    const run = journey();
    const put = (to: number) => run.command(START, { name: 'postpone', step: 'notice', to }).refused;
    expect(put(before(14))).toMatchObject({ code: 'past-stage-end', nearest: { to: iso(before(15)) } });
    expect(put(before(50))).toMatchObject({ code: 'past-stage-end', nearest: { to: iso(before(45)) } });
    expect(run.command(START, { name: 'run-now', step: 'notice' }).refused).toMatchObject({
      code: 'past-stage-end',
      nearest: { command: 'postpone', to: iso(before(45)) },
    });
    expect(put(before(20))).toBeUndefined();
  });
});

describe('a step planned before the journey began', () => {
  it('is recorded as already past when it is too late for it, else sent late', () => {
    const run = journey(
      [
        step('d60', 'one', due('-P60D', 'renewal')),
        step('d30', 'one', due('-P30D', 'renewal'), { late: { within: 9 * DAY, otherwise: 'skip' } }),
      ],
      START + 25 * DAY,
    );
    expect([run.told('d60'), run.told('d30')]).toEqual(['skipped(already-past)', 'sent']);
  });

  it('one that an outage made late is stale', () => {
    const run = journey([step('d60', 'one', due('-P60D', 'renewal'))]);
    run.tick(before(50));
    expect(run.told('d60')).toBe('skipped(stale)');
  });
});
