import { describe, expect, it } from 'vitest';
import type { Command, RefusalCode } from '../../../workflows/contracts/commands.ts';
import { fold } from '../../../workflows/kernel/fold.ts';
import { heard } from '../../../workflows/kernel/views.ts';
import { DAY, HOUR, Run, START, at, due, iso, step, timetableOf } from './fixtures.ts';
import { toCommand } from './to-command.ts';

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

describe('refusals', () => {
  const with_ = (prepare: (run: Run) => void) => {
    const run = new Run().runTo(START + DAY);
    prepare(run);
    return run;
  };
  const plain = () => with_(() => {});
  const paused = () => with_((run) => run.command(run.now, pause));
  const year10 = START + 3700 * DAY;

  it.each<[string, () => Run, Record<string, unknown>, Record<string, unknown> | null]>([
    ['already-paused', paused, pause, { command: 'resume' }],
    ['not-paused', plain, { name: 'resume' }, { command: 'pause' }],
    ['date-in-past', plain, { ...pause, until: START }, { command: 'pause' }],
    ['date-too-far', plain, { ...pause, until: year10 }, { command: 'pause', until: after(3653 * DAY) }],
    ['unknown-step', plain, { name: 'skip', step: 'nope' }, null],
    ['step-done', plain, { name: 'skip', step: 'welcome' }, null],
    ['step-open', plain, { name: 'run-now', step: 'quick-win' }, null],
    [
      'step-sending',
      () => with_((run) => run.tick(START + 2 * DAY) && run.event(run.now, 'user_logged_in')),
      { name: 'postpone', step: 'check-in', to: START + 3 * DAY },
      { command: 'pause' },
    ],
    ['step-not-waiting', plain, { name: 'run-now', step: 'thanks' }, { command: 'skip', step: 'thanks' }],
    ['journey-paused', paused, { name: 'run-now', step: 'offer' }, { command: 'resume' }],
    [
      'date-in-past',
      plain,
      { name: 'postpone', step: 'offer', to: START },
      { command: 'postpone', step: 'offer', to: after(DAY + HOUR) },
    ],
    [
      'past-stage-end',
      plain,
      { name: 'postpone', step: 'offer', to: START + 14 * DAY },
      { command: 'postpone', step: 'offer', to: after(14 * DAY - 60_000) },
    ],
    [
      'past-stage-end',
      plain,
      { name: 'postpone', step: 'check-in', to: START + 6 * DAY },
      { command: 'postpone', step: 'check-in', to: after(6 * DAY - 60_000) },
    ],
    ['duration-not-positive', plain, { name: 'extend', by: 0 }, { command: 'extend', duration: 'P1D' }],
    ['extension-too-long', plain, { name: 'extend', by: 91 * DAY }, { command: 'extend', duration: 'P90D' }],
    ['unknown-stage', plain, { name: 'extend', by: DAY, stage: 'nope' }, { command: 'extend', duration: 'P1D' }],
    ['not-extendable', plain, { name: 'extend', by: DAY, stage: 'day3' }, { command: 'extend', duration: 'P1D' }],
    [
      'unknown-anchor',
      plain,
      { name: 'move-date', date: START + 5 * DAY, anchor: 'renewal' },
      { command: 'move-date', date: after(5 * DAY), anchor: 'trialEnd' },
    ],
    ['date-in-past', plain, { name: 'move-date', date: START }, { command: 'move-date', date: after(2 * DAY) }],
    [
      'date-too-far',
      plain,
      { name: 'move-date', date: at('9999-01-01T00:00:00Z') },
      { command: 'move-date', date: after(3653 * DAY) },
    ],
    ['same-value', plain, { name: 'move-date', date: START + 14 * DAY }, null],
    ['same-value', plain, { name: 'change-plan', plan: 'starter' }, null],
    ['changed-since-preview', plain, { name: 'skip', step: 'offer', ifRev: 1 }, { command: 'skip', step: 'offer' }],
    ['changed-since-preview', plain, { name: 'skip', step: 'welcome', ifRev: 1 }, null],
    ['journey-ended', () => with_((run) => run.command(run.now, { name: 'exit' })), { name: 'note' }, null],
  ])('%s names its reason and the nearest command', (code, make, command, nearest) => {
    const run = make();
    const before = run.state;
    const r = run.command(run.now, command as unknown as Command);
    expect(r.refused).toMatchObject({ code, nearest });
    expect(r.refused!.reason).toMatch(/^\S+ .*\.$/);
    expect(run.state).toBe(before);
    if (nearest) expect(run.kernel.refuse(run.state, toCommand(r.refused!.nearest!, 'n'), run.now)).toBeUndefined();
  });

  it('not-extendable and not-movable where the playbook has no such date', () => {
    const run = new Run(timetableOf([step('s', 'one', due('P1D'))]));
    expect(run.command(START, { name: 'extend', by: DAY }).refused?.code).toBe('not-extendable');
    expect(run.command(START, { name: 'move-date', date: START + DAY }).refused?.code).toBe('not-movable');
  });

  it('counts all extensions together', () => {
    const run = plain();
    run.command(run.now, { name: 'extend', by: 60 * DAY });
    expect(run.command(run.now, { name: 'extend', by: 60 * DAY }).refused).toMatchObject({
      code: 'extension-too-long',
      nearest: { command: 'extend', duration: 'P30D' },
    });
    run.command(run.now, { name: 'extend', by: 30 * DAY });
    expect(run.command(run.now, { name: 'extend', by: 1 }).refused).toMatchObject({
      code: 'extension-too-long',
      nearest: null,
    });
  });

  it('accepts ifRev at the revision that was shown', () => {
    const run = plain();
    expect(run.command(run.now, { name: 'skip', step: 'offer', ifRev: run.state.rev }).refused).toBeUndefined();
  });

  it.each<[string, (run: Run) => unknown, RefusalCode | undefined]>([
    ['when nothing was told since', () => {}, undefined],
    ['but not after another command', (run) => run.command(run.now, { name: 'note' }), 'changed-since-preview'],
    ['but not after an event', (run) => run.event(run.now, 'nonsense'), 'changed-since-preview'],
  ])('accepts what a fold with another revision showed %s', (_, then, code) => {
    const run = plain();
    run.command(run.now, { name: 'run-now', step: 'banner' });
    const snapshot = run.state;
    run.outcome(run.now, 'banner', { is: 'held', hold: 'h', recheck: run.now + HOUR, reason: 'quiet-hours' });
    const shown = fold(run.kernel, snapshot, [], run.now + 1);
    expect(shown.rev).not.toBe(run.state.rev);
    then(run);
    const skip = { id: 'skip', name: 'skip', step: 'offer', ifRev: shown.rev } as const;
    expect(run.kernel.refuse(run.state, { ...skip, ifHeard: heard(shown) }, run.now)?.code).toBe(code);
    expect(run.kernel.refuse(run.state, skip, run.now)?.code).toBe('changed-since-preview');
  });
});
