import { describe, expect, it } from 'vitest';
import { DAY, HOUR, Run, START, due, step, timetableOf } from './fixtures.ts';

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
