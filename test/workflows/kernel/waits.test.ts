import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../workflows/contracts/time.ts';
import { DAY, HOUR, Run, START, due, iso, step, timetableOf } from './fixtures.ts';
import { UTC, zoneOf } from './zones.ts';

const after = (ms: number) => iso(START + ms)!;
const pause = { name: 'pause', until: null, clock: null } as const;

describe('a gate', () => {
  const gated = timetableOf(
    [
      step('s', 'one', due('P2D', 'start', { window: { from: 540, to: 1080 } }), {
        gate: { flag: 'in', until: due('P5D'), reason: 'never-in' },
      }),
    ],
    {
      reactions: [
        { event: 'in', set: 'in' },
        { event: 'out', clear: 'in' },
      ],
    },
  );

  it('that opened before the due does not delay', () => {
    const run = new Run(gated, { zone: UTC });
    run.event(START + HOUR, 'in');
    run.runTo(START + 9 * DAY);
    expect(run.touches()).toEqual([`s ${after(2 * DAY)}`]);
  });

  it('that opens later lets the step go at once, or in the next window', () => {
    const run = new Run(gated, { zone: UTC }).runTo(START + 2 * DAY);
    expect([run.told('s'), run.kernel.nextWake(run.state)]).toEqual(['gated', START + 5 * DAY]);
    run.event(START + 3 * DAY + 12 * HOUR, 'in');
    expect(run.due('s')).toBe('2026-03-27T09:00:00.000Z');
    run.runTo(START + 9 * DAY);
    expect(run.told('s')).toBe('sent');
  });

  it('that never opens skips the step with its reason; closed again before the due it counts as closed', () => {
    const run = new Run(gated);
    run.event(START + HOUR, 'in');
    run.event(START + 2 * HOUR, 'out');
    run.runTo(START + 9 * DAY);
    expect([run.told('s'), iso(run.state.steps.s!.at)]).toEqual(['skipped(never-in)', after(5 * DAY)]);
  });

  it('moves with its step under a pause', () => {
    const run = new Run(gated).runTo(START + 2 * DAY);
    run.command(START + 3 * DAY, pause);
    run.command(START + 7 * DAY, { name: 'resume' });
    expect(iso(run.state.steps.s!.gateUntil)).toBe(after(9 * DAY));
  });
});

describe('a step that follows another', () => {
  const chain = timetableOf([
    step('offer', 'one', due('P1D'), {
      kind: 'offer',
      open: { expires: due('P10D', 'step:offer'), otherwise: 'expired', clock: 'run-on' },
    }),
    step('reminder', 'one', due('P3D', 'step:offer'), { after: ['sent'] }),
    step('thanks', 'one', due('PT1H', 'step:offer'), { after: ['accepted'] }),
    step('sorry', 'one', due('PT1H', 'step:offer'), { after: ['expired'] }),
  ]);

  it('waits from the opening, and from the outcome that it names', () => {
    const run = new Run(chain).runTo(START + DAY);
    expect([run.told('reminder'), run.due('reminder'), run.told('thanks')]).toEqual([
      'waiting',
      after(4 * DAY),
      'idle',
    ]);
    run.fact(START + 5 * DAY, 'offer', 'accepted');
    expect([run.due('thanks'), run.told('sorry')]).toEqual([after(5 * DAY + HOUR), 'skipped(not-needed)']);
  });

  it('is not needed when its time comes and what it reminds of is closed', () => {
    const run = new Run(chain).runTo(START + DAY);
    run.fact(START + 2 * DAY, 'offer', 'declined');
    expect(run.told('reminder')).toBe('waiting');
    run.runTo(START + 9 * DAY);
    expect([run.told('reminder'), iso(run.state.steps.reminder!.at)]).toEqual(['skipped(not-needed)', after(4 * DAY)]);
  });

  it('is not needed when what it follows was skipped', () => {
    const run = new Run(chain);
    run.command(START, { name: 'skip', step: 'offer' });
    expect(['reminder', 'thanks', 'sorry'].map((id) => run.told(id))).toEqual(Array(3).fill('skipped(not-needed)'));
  });

  it('is planned anew when a fact from before the expiry overrules it', () => {
    const run = new Run(chain).runTo(START + 11 * DAY);
    expect([run.told('offer'), run.told('thanks'), run.told('sorry')]).toEqual([
      'expired(not-answered)',
      'skipped(not-needed)',
      'waiting',
    ]);
    run.fact(START + 11 * DAY + 60_000, 'offer', 'accepted', { at: START + 11 * DAY - 1 });
    expect([run.told('offer'), run.told('thanks'), run.told('sorry')]).toEqual([
      'accepted',
      'waiting',
      'skipped(not-needed)',
    ]);
  });

  it('keeps the expiry against a fact from after it', () => {
    const run = new Run(chain).runTo(START + 11 * DAY);
    run.fact(START + 11 * DAY + 60_000, 'offer', 'accepted', { at: START + 11 * DAY + 1 });
    expect(run.told('offer')).toBe('expired(not-answered)');
  });
});

describe('a repetition', () => {
  it('goes on by its plan until its anchor, keeping months to the calendar', () => {
    const run = new Run(
      timetableOf([step('m', 'one', due('P8D', 'start'), { repeat: { every: parseDuration('P1M'), until: 'to' } })], {
        anchors: { to: { from: 'start', offset: parseDuration('P3M') } },
      }),
      { zone: UTC },
    );
    run.runTo(START + 200 * DAY);
    expect(run.touches()).toEqual([
      'm 2026-03-31T10:00:00.000Z',
      'm 2026-05-01T10:00:00.000Z',
      'm 2026-05-31T10:00:00.000Z',
    ]);
    expect(run.state.ended).toMatchObject({ outcome: 'completed', how: 'timetable' });
  });

  it('skips one occurrence only, and keeps its rhythm after a pause', () => {
    const run = new Run(
      timetableOf([step('d', 'one', due('P1D'), { repeat: { every: parseDuration('P1D'), max: 4 } })]),
    );
    run.command(START, { name: 'skip', step: 'd' });
    run.runTo(START + 2 * DAY);
    run.command(START + 2 * DAY + HOUR, pause);
    run.command(START + 5 * DAY + HOUR, { name: 'resume' });
    run.runTo(START + 20 * DAY);
    expect(run.touches()).toEqual([2, 6, 7].map((d) => `d ${after(d * DAY)}`));
  });

  it('ends although its plan never moves on', () => {
    const run = new Run(
      timetableOf([step('d', 'one', due('P1D'), { repeat: { every: parseDuration('PT0S') } })]),
    ).runTo(START + 2 * DAY);
    expect(run.state.ended).not.toBeNull();
  });
});

describe('a held touch', () => {
  const held = (late: { within: number; otherwise: 'skip' | 'replan' }, end = 30) => {
    const run = new Run(
      timetableOf([step('s', 'one', due('P1D'), { late })], {
        stages: [{ id: 'one', title: '', enter: 'journey', end: due(`P${end}D`) }],
      }),
    );
    run.tick(START + DAY);
    run.outcome(START + DAY, 's', { is: 'held', hold: 'h', recheck: START + DAY + 6 * HOUR, reason: 'case-open' });
    return run;
  };

  it('is tried again at its re-check, its lateness counted from its first due', () => {
    const run = held({ within: DAY, otherwise: 'skip' });
    expect(run.state.steps.s).toMatchObject({
      st: 'waiting',
      hold: 'h',
      firstDue: START + DAY,
      due: START + DAY + 6 * HOUR,
    });
    expect(run.tick(START + DAY + 6 * HOUR)).toMatchObject([{ t: 'touch', staleAfter: START + 2 * DAY }]);
  });

  it('goes when its hold ends', () => {
    const run = held({ within: DAY, otherwise: 'skip' });
    expect(
      run.happens({ t: 'released', id: 'r', hold: 'other', at: START + DAY + HOUR }, START + DAY + HOUR).effects,
    ).toEqual([]);
    expect(
      run.happens({ t: 'released', id: 'r2', hold: 'h', at: START + DAY + HOUR }, START + DAY + HOUR).effects,
    ).toMatchObject([{ t: 'touch', step: 's' }]);
  });

  it('goes at once when its hold had ended before the run learnt of it', () => {
    const run = new Run(timetableOf([step('s', 'one', due('P1D'))]));
    run.tick(START + DAY);
    run.happens({ t: 'released', id: 'r', hold: 'h', at: START + DAY }, START + DAY);
    const held = { is: 'held', hold: 'h', recheck: START + DAY + 6 * HOUR, reason: 'case-open' } as const;
    expect(run.outcome(START + DAY, 's', held).effects).toMatchObject([{ t: 'touch', step: 's' }]);
    expect(run.outcome(START + DAY, 's', held).effects).toEqual([]);
  });

  it('goes stale when held too long, or is re-planned', () => {
    const hold = (run: Run) => {
      for (let i = 1; i < 6 && run.told('s') === 'waiting'; i++) {
        run.tick(run.state.steps.s!.due!);
        if (run.told('s') === 'sending')
          run.outcome(run.now, 's', { is: 'held', hold: 'h', recheck: run.now + 6 * HOUR, reason: 'case-open' });
      }
      return run.told('s');
    };
    expect(hold(held({ within: 12 * HOUR, otherwise: 'skip' }))).toBe('skipped(stale)');
    expect(hold(held({ within: 12 * HOUR, otherwise: 'replan' }))).toBe('waiting');
  });

  it('is dropped at the end of its stage', () => {
    const run = held({ within: 9 * DAY, otherwise: 'skip' }, 2);
    for (const h of [6, 12, 18]) {
      run.tick(START + DAY + h * HOUR);
      run.outcome(run.now, 's', { is: 'held', hold: 'h', recheck: run.now + 6 * HOUR, reason: 'case-open' });
    }
    run.tick(START + 2 * DAY);
    expect(run.told('s')).toBe('dropped(past-stage-end)');
  });

  it('cannot spin: a re-check in the past is put a minute on', () => {
    const run = held({ within: DAY, otherwise: 'skip' });
    run.tick(START + DAY + 6 * HOUR);
    run.outcome(run.now, 's', { is: 'held', hold: 'h', recheck: 0, reason: 'case-open' });
    expect(run.state.steps.s!.due).toBe(run.now + 60_000);
  });

  it('with other held touches goes one gap apart when the hold ends', () => {
    const run = new Run(
      timetableOf(
        ['a', 'b'].map((id, i) => step(id, 'one', due(`P${i + 1}D`), { late: { within: 9 * DAY, otherwise: 'skip' } })),
        { minGap: 4 * HOUR },
      ),
    );
    for (const [id, day] of [
      ['a', 1],
      ['b', 2],
    ] as const) {
      run.tick(START + day * DAY);
      run.outcome(run.now, id, { is: 'held', hold: 'h', recheck: START + 2.5 * DAY, reason: 'case-open' });
      if (id === 'a') {
        run.tick(START + 2 * DAY);
        run.outcome(run.now, 'a', { is: 'held', hold: 'h', recheck: START + 2.5 * DAY, reason: 'case-open' });
      }
    }
    run.happens({ t: 'released', id: 'r', hold: 'h', at: START + 2.2 * DAY }, START + 2.2 * DAY + 5 * HOUR);
    expect([run.told('a'), run.told('b')]).toEqual(['sending', 'waiting']);
    expect(run.state.steps.b!.due).toBe(run.now + 4 * HOUR);
  });
});

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
