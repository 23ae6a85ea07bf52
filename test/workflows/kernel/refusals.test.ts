import { describe, expect, it } from 'vitest';
import type { Command, RefusalCode } from '../../../workflows/contracts/commands.ts';
import { fold } from '../../../workflows/kernel/fold.ts';
import { heard } from '../../../workflows/kernel/views.ts';
import { DAY, HOUR, Run, START, at, due, iso, step, timetableOf } from './fixtures.ts';
import { toCommand } from './to-command.ts';

const pause = { name: 'pause', until: null, clock: null } as const;
const after = (ms: number) => iso(START + ms)!;

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
