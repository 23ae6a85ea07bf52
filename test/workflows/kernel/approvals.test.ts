import { describe, expect, it } from 'vitest';
import { DAY, HOUR, Run, START, due, step, timetableOf } from './fixtures.ts';

const awaiting = () => {
  const run = new Run(
    timetableOf([
      step('letter', 'one', due('PT2H'), { late: { within: HOUR, otherwise: 'skip' } }),
      step('other', 'one', due('PT3H')),
      step('last', 'one', due('P60D')),
    ]),
  ).runTo(START + HOUR);
  for (const id of ['letter', 'other'] as const) {
    run.tick(START + (id === 'letter' ? 2 : 3) * HOUR);
    run.outcome(run.now, id, { is: 'held', hold: 'approval', recheck: run.now + DAY, reason: 'approval' });
  }
  return run;
};
/** Every re-check holds it again. */
const recheck = (run: Run) => {
  run.tick(run.kernel.nextWake(run.state)!);
  for (const id of ['letter', 'other']) {
    if (run.told(id) !== 'sending') continue;
    run.outcome(run.now, id, { is: 'held', hold: 'approval', recheck: run.now + DAY, reason: 'approval' });
  }
};

describe('a message that waits for approval', () => {
  it('approved goes at once, names its approval, and waits for no other', () => {
    const run = awaiting();
    const { effects } = run.command(START + 5 * HOUR, { id: 'ok', name: 'approve', step: 'letter' });
    expect(effects).toMatchObject([{ t: 'touch', step: 'letter', n: 1 }]);
    expect(run.state.steps.letter).toMatchObject({ st: 'sending', approvedBy: 'ok' });
    expect(run.state.steps.other).toMatchObject({ st: 'waiting', hold: 'approval' });
  });

  it('is not late for the time that approval takes', () => {
    const run = awaiting();
    for (let i = 0; i < 8; i++) recheck(run);
    expect([run.told('letter'), run.state.steps.letter!.hold]).toEqual(['waiting', 'approval']);
    run.command(run.now + HOUR, { name: 'approve', step: 'letter' });
    expect(run.told('letter')).toBe('sending');
  });

  it('edited stays held, and the command is answered', () => {
    const run = awaiting();
    const before = run.state;
    run.command(START + 5 * HOUR, { id: 'words', name: 'edit', step: 'letter' });
    expect(run.state).toEqual({ ...before, rev: before.rev + 1, answered: { words: before.rev + 1 } });
  });

  it('rejected is skipped by that name', () => {
    const run = awaiting();
    run.command(START + 5 * HOUR, { name: 'reject', step: 'letter' });
    expect(run.told('letter')).toBe('skipped(approval-rejected)');
  });

  it('approved in a pause leaves when the pause is over', () => {
    const run = awaiting();
    run.command(START + 4 * HOUR, { name: 'pause', until: null, clock: null });
    expect(run.command(START + 5 * HOUR, { name: 'approve', step: 'letter' }).effects).toEqual([]);
    run.command(START + 30 * HOUR, { name: 'resume' });
    run.tick(START + 30 * HOUR);
    expect(run.told('letter')).toBe('sending');
  });
});

describe('a message that does not wait for approval', () => {
  it('is refused, with the one that does', () => {
    const run = awaiting();
    for (const name of ['approve', 'edit', 'reject'] as const) {
      expect(run.command(START + 5 * HOUR, { name, step: 'last' }).refused).toMatchObject({
        code: 'not-awaiting-approval',
        nearest: { command: name, step: 'letter' },
      });
      expect(run.command(START + 5 * HOUR, { name, step: 'nope' }).refused?.code).toBe('unknown-step');
    }
  });

  it('may be skipped instead of rejected; one that another hold keeps is not approved', () => {
    const run = new Run(timetableOf([step('a', 'one', due('PT0S'))]));
    run.tick(START);
    run.outcome(START, 'a', { is: 'held', hold: 'h', recheck: START + DAY, reason: 'on-hold' });
    expect(run.command(START, { name: 'approve', step: 'a' }).refused).toMatchObject({ nearest: null });
    expect(run.command(START, { name: 'reject', step: 'a' }).refused?.nearest).toEqual({ command: 'skip', step: 'a' });
  });
});
