import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../workflows/contracts/time.ts';
import { DAY, HOUR, Run, START, due, step, timetableOf } from './fixtures.ts';
import { UTC, zoneOf } from './zones.ts';

const pause = { name: 'pause', until: null, clock: null } as const;

describe('dates in zones', () => {
  const daily = timetableOf([
    step('nine', 'one', due('P7D', 'start', { at: 540 })),
    step('fixed', 'one', due('P7D', 'start', { at: 540 }), { clock: 'absolute' }),
    step('plain', 'one', due('P7D')),
  ]);

  it('keeps the local time over a change of clocks; a plain day stays 24 hours', () => {
    const run = new Run(daily, { zone: zoneOf('Europe/Berlin') });
    expect([run.due('nine'), run.due('plain')]).toEqual(['2026-03-30T07:00:00.000Z', '2026-03-30T10:00:00.000Z']);
  });

  it('moves what waits to a new zone, except what is absolute', () => {
    const run = new Run(daily);
    run.happens(
      { t: 'event', id: 'z', type: 'account.zone_changed', at: START, fields: {}, zone: zoneOf('Asia/Kathmandu') },
      START,
    );
    expect([run.due('nine'), run.due('fixed'), run.due('plain')]).toEqual([
      '2026-03-30T03:15:00.000Z',
      '2026-03-30T07:00:00.000Z',
      '2026-03-30T10:00:00.000Z',
    ]);
  });

  it('learns a zone with an outcome, too', () => {
    const run = new Run(timetableOf([step('now', 'one', due('PT0S')), ...daily.steps]));
    run.tick(START);
    run.outcome(START, 'now', { is: 'sent', zone: zoneOf('America/New_York') });
    expect(run.due('nine')).toBe('2026-03-30T13:00:00.000Z');
  });

  it('moves a due off a holiday into its window', () => {
    const run = new Run(
      timetableOf([step('s', 'one', due('P14D', 'start', { adjust: 'following', window: { from: 540, to: 600 } }))], {
        calendar: { weekend: [6, 7], holidays: ['2026-04-06', '2026-04-07'] },
      }),
      { zone: UTC },
    );
    expect(run.due('s')).toBe('2026-04-08T09:00:00.000Z');
  });
});

describe('stages and ends', () => {
  it('the end of a journey comes before a step of that instant, but not before its own notice', () => {
    const run = new Run(
      timetableOf(
        [
          step('late', 'one', due('P4D')),
          step('notice', 'one', due('PT0S', 'to')),
          step('look', 'one', due('P4D'), { kind: 'check' }),
        ],
        {
          anchors: { to: { from: 'start', offset: parseDuration('P4D') } },
          end: { at: due('PT0S', 'to'), outcomes: [{ outcome: 'over' }] },
        },
      ),
    );
    expect(run.tick(START + 4 * DAY)).toMatchObject([{ step: 'notice' }, { step: 'look' }]);
    expect(run.state.ended).toBeNull();
    run.answer();
    expect(run.state.ended).toMatchObject({ outcome: 'over', at: START + 4 * DAY });
    expect([run.told('notice'), run.told('look'), run.told('late')]).toEqual([
      'sent',
      'met',
      'dropped(past-stage-end)',
    ]);
  });

  it('takes the first outcome whose flag is set', () => {
    const run = new Run(
      timetableOf([step('s', 'one', due('P9D'))], {
        end: { at: due('P4D'), outcomes: [{ flag: 'won', outcome: 'won' }, { outcome: 'lost' }] },
        reactions: [{ event: 'won', set: 'won' }],
      }),
    );
    run.event(START, 'won');
    run.tick(START + 4 * DAY);
    expect(run.state.ended).toMatchObject({ outcome: 'won' });
  });

  it('ends at its greatest age, whatever waits', () => {
    const run = new Run(
      timetableOf([step('s', 'one', due('P1D'), { kind: 'task', open: { otherwise: 'missed', clock: 'run-on' } })], {
        maxAge: 20 * DAY,
      }),
    ).runTo(START + 30 * DAY);
    expect(run.state.ended).toEqual({ outcome: 'max-age', how: 'max-age', at: START + 20 * DAY });
  });

  it('does not start late what only the end of the journey kept waiting for', () => {
    const run = new Run(
      timetableOf([step('s', 'one', due('P3D'), { late: { within: 9 * DAY, otherwise: 'skip' } })], {
        end: { at: due('P4D'), outcomes: [{ outcome: 'over' }] },
      }),
    );
    const effects = run.tick(START + 5 * DAY);
    expect(effects).toEqual([{ t: 'status' }]);
    expect(run.told('s')).toBe('dropped(past-stage-end)');
  });

  it('names the stage that the journey is in, and what comes next', () => {
    const run = new Run();
    expect([run.kernel.stage(run.state), run.kernel.next(run.state), run.kernel.status(run.state)]).toEqual([
      'day1',
      { step: 'welcome', at: START },
      'running',
    ]);
    run.runTo(START + 2 * DAY + HOUR);
    expect(run.kernel.next(run.state)).toEqual({ step: 'offer', at: START + 5 * DAY });
    expect(run.kernel.stage(run.state)).toBe('day6');
    run.command(run.now, { ...pause, until: run.now + DAY });
    expect(run.kernel.next(run.state)).toEqual({ step: 'offer', at: START + 6 * DAY });
    run.command(run.now, { name: 'resume' });
    run.command(run.now, pause);
    expect([run.kernel.next(run.state), run.kernel.status(run.state)]).toEqual([null, 'paused']);
    run.command(run.now, { name: 'exit' });
    expect([run.kernel.stage(run.state), run.kernel.next(run.state), run.kernel.status(run.state)]).toEqual([
      null,
      null,
      'ended',
    ]);
  });

  it('plans, ifs and unlesses are judged at the due', () => {
    const run = new Run(
      timetableOf([
        step('pro', 'one', due('P1D'), { plans: ['pro'] }),
        step('if', 'one', due('P1D'), { if: [{ flag: 'x', reason: 'no-x' }] }),
      ]),
    ).runTo(START + DAY);
    expect([run.told('pro'), run.told('if')]).toEqual(['skipped(not-in-plan)', 'skipped(no-x)']);
  });
});
