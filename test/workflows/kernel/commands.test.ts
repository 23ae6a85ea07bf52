import { describe, expect, it } from 'vitest';
import { DAY, HOUR, Run, START, due, iso, step, timetableOf } from './fixtures.ts';

const pause = { name: 'pause', until: null, clock: null } as const;
const after = (ms: number) => iso(START + ms)!;

describe('commands', () => {
  it('skip decides a step, also one whose stage has not come', () => {
    const run = new Run(
      timetableOf([step('a', 'one', due('P1D')), step('b', 'two', due('P1D', 'stage'))], {
        stages: [
          { id: 'one', title: '', enter: 'journey' },
          { id: 'two', title: '', enter: 'previous' },
        ],
      }),
    );
    run.command(START, { name: 'skip', step: 'b' });
    expect(run.told('b')).toBe('skipped(command)');
    expect(run.state.steps.b!.at).toBe(START);
  });

  it('run-now starts a step at once, past its gate and window', () => {
    const run = new Run().runTo(START);
    const r = run.command(START + HOUR, { name: 'run-now', step: 'check-in' });
    expect(r.effects).toEqual([
      { t: 'touch', step: 'check-in', n: 1, due: START + HOUR, staleAfter: START + 13 * HOUR },
    ]);
  });

  it('run-now still obeys what makes a step needless', () => {
    const run = new Run().runTo(START);
    run.event(START + 1, 'first_conversation');
    run.command(START + HOUR, { name: 'run-now', step: 'tutorial' });
    expect(run.told('tutorial')).toBe('skipped(already-done)');
  });

  it('postpone gives a date that a moved anchor does not take back', () => {
    const run = new Run().runTo(START + DAY);
    run.command(run.now, { name: 'postpone', step: 'last-call', to: START + 13 * DAY });
    run.command(run.now, { name: 'extend', by: 7 * DAY });
    expect(run.due('last-call')).toBe(after(13 * DAY));
  });

  it('postpone is frozen by a later pause, and meant literally when given during one', () => {
    const run = new Run().runTo(START + DAY);
    run.command(run.now, { name: 'postpone', step: 'check-in', to: START + 4 * DAY });
    run.command(START + 2 * DAY, pause);
    run.command(START + 3 * DAY - 1, { name: 'postpone', step: 'reminder', to: START + 12 * DAY });
    run.command(START + 3 * DAY, { name: 'postpone', step: 'offer', to: START + 8 * DAY });
    run.command(START + 3 * DAY, { name: 'resume' });
    expect(run.due('check-in')).toBe(after(5 * DAY));
    expect(run.due('offer')).toBe(after(8 * DAY));
  });

  it('extend moves the end and all that counts from it', () => {
    const run = new Run().runTo(START + DAY);
    const preview = run.kernel.preview(run.state, { id: 'p', name: 'extend', by: 7 * DAY }, run.now);
    expect('changes' in preview && preview.changes).toEqual([
      { what: 'trialEnd', from: after(14 * DAY), to: after(21 * DAY) },
      { what: 'quick-win.expires', from: after(14 * DAY), to: after(21 * DAY) },
      { what: 'last-call', from: after(12 * DAY), to: after(19 * DAY) },
      { what: 'notice', from: after(14 * DAY), to: after(21 * DAY) },
    ]);
    run.command(run.now, { name: 'extend', by: 7 * DAY });
    run.runTo(START + 30 * DAY);
    expect(run.state.ended!.at).toBe(START + 21 * DAY);
    expect(run.touches().filter((x) => x.startsWith('weekly'))).toEqual([
      `weekly ${after(7 * DAY)}`,
      `weekly ${after(14 * DAY)}`,
    ]);
  });

  it('an extension revives a repetition that had come to its end', () => {
    const run = new Run(
      timetableOf(
        [
          step('w', 'one', due('P1D'), { repeat: { every: { months: 0, days: 1, ms: 0 }, until: 'to' } }),
          step('z', 'one', due('P9D')),
        ],
        { anchors: { to: { from: 'start', offset: { months: 0, days: 3, ms: 0 } } }, moves: 'to' },
      ),
    );
    run.runTo(START + 4 * DAY);
    expect([run.told('w'), run.state.steps.w!.n]).toEqual(['sent', 2]);
    run.command(START + 4 * DAY, { name: 'move-date', date: START + 6 * DAY });
    run.runTo(START + 8 * DAY);
    expect([run.told('w'), run.state.steps.w!.n]).toEqual(['sent', 5]);
    expect(run.touches().length).toBe(5);
  });

  it('move-date earlier brings forward what counts from it', () => {
    const run = new Run().runTo(START + DAY);
    run.command(run.now, { name: 'move-date', date: START + 5 * DAY });
    expect(run.due('last-call')).toBe(after(3 * DAY));
    run.runTo(START + 6 * DAY);
    expect(run.state.ended).toMatchObject({ outcome: 'expired', at: START + 5 * DAY });
  });

  it('change-plan, set-owner and note change what they say and nothing else', () => {
    const run = new Run().runTo(START);
    const before = run.state;
    run.command(START, { name: 'change-plan', plan: 'pro' });
    run.command(START, { name: 'set-owner', owner: 'anna' });
    run.command(START, { name: 'note' });
    expect(run.kernel.changes(before, run.state)).toEqual([
      { what: 'plan', from: 'starter', to: 'pro' },
      { what: 'owner', from: null, to: 'anna' },
    ]);
    expect(run.state.rev).toBe(before.rev + 3);
  });

  it('exit ends the journey and recalls what is on its way', () => {
    const run = new Run();
    run.tick(START);
    const r = run.command(START + 1, { name: 'exit' });
    expect(r.effects).toEqual([{ t: 'recall', step: 'welcome' }, { t: 'recall', step: 'quick-win' }, { t: 'status' }]);
    expect(run.state.ended).toEqual({ outcome: 'exited', how: 'command', at: START + 1 });
    run.outcome(START + 2, 'welcome', { is: 'recalled' });
    run.outcome(START + 2, 'quick-win', { is: 'sent', opens: true });
    expect([run.told('welcome'), run.told('quick-win')]).toEqual(['dropped(journey-ended)', 'expired(journey-ended)']);
  });

  it('answers the repeat of an id without applying it, also after the end', () => {
    const run = new Run().runTo(START);
    run.command(START, { ...pause, id: 'same' });
    const paused = run.state;
    const again = run.command(START + 1, { ...pause, id: 'same' });
    expect(again).toEqual({ state: paused, effects: [] });
    run.command(START + 2, { name: 'exit' });
    expect(run.command(START + 3, { ...pause, id: 'same' }).refused).toBeUndefined();
  });

  it('a command at the very instant at which its step is due comes first', () => {
    const run = new Run().runTo(START);
    run.command(START + 2 * HOUR, { name: 'skip', step: 'sms' });
    run.runTo(START + 3 * HOUR);
    expect(run.told('sms')).toBe('skipped(command)');
  });
});
