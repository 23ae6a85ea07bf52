import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../workflows/contracts/time.ts';
import { DAY, HOUR, Run, START, due, iso, step, timetableOf } from './fixtures.ts';

const MINUTE = 60_000;
const reactions = [
  { event: 'alert', set: 'alert' },
  { event: 'update', set: 'update', again: true as const },
  { event: 'calm', clear: 'alert' },
  { event: 'silent', clear: 'update' },
  { event: 'over', set: 'over' },
];
const alerted = () =>
  new Run(
    timetableOf([step('call', 'one', due('P1D', 'flag:alert')), step('last', 'one', due('P60D'))], { reactions }),
  ).runTo(START);

describe('a step that counts from a flag', () => {
  it('waits for the flag, and then so long after it was set, though it was told of later', () => {
    const run = alerted();
    expect([run.told('call'), run.due('call')]).toEqual(['idle', undefined]);
    run.happens({ t: 'event', id: 'a', type: 'alert', at: START + DAY, fields: {} }, START + DAY + HOUR);
    expect([run.told('call'), run.due('call')]).toEqual(['waiting', iso(START + 2 * DAY)]);
    run.runTo(START + 3 * DAY);
    expect(run.touches()).toEqual([`call ${iso(START + 2 * DAY)}`]);
  });

  it('keeps its date when the event comes again without `again`', () => {
    const run = alerted();
    run.event(START, 'alert');
    run.event(START + HOUR, 'alert');
    expect(run.due('call')).toBe(iso(START + DAY));
  });

  it('waits for the flag again once it is unset, with nothing left of its first wait', () => {
    const run = alerted();
    run.event(START, 'alert');
    run.command(START + HOUR, { name: 'pause', until: null, clock: 'freeze' });
    run.command(START + 3 * HOUR, { name: 'resume' });
    expect(run.due('call')).toBe(iso(START + DAY + 2 * HOUR));
    run.event(START + 4 * HOUR, 'calm');
    expect(run.state.steps.call).toEqual({ st: 'idle', n: 1 });
    run.event(START + 5 * HOUR, 'alert');
    expect(run.due('call')).toBe(iso(START + DAY + 5 * HOUR));
  });

  it('is recalled when its flag is unset while it is on its way, and stays done when it is too late for that', () => {
    for (const is of ['recalled', 'sent'] as const) {
      const run = alerted();
      run.event(START, 'alert');
      run.tick(START + DAY);
      expect(run.event(START + DAY, 'calm').effects).toEqual([{ t: 'recall', step: 'call' }]);
      run.outcome(START + DAY, 'call', { is });
      expect(run.told('call')).toBe(is === 'sent' ? 'sent' : 'idle');
    }
  });

  it('keeps the date that staff gave it', () => {
    const run = alerted();
    run.event(START, 'alert');
    run.command(START, { name: 'postpone', step: 'call', to: START + 9 * DAY });
    run.event(START + HOUR, 'calm');
    expect([run.told('call'), run.due('call')]).toEqual(['waiting', iso(START + 9 * DAY)]);
  });

  it('moves with every newer `again`, and not with an older one told late', () => {
    const run = new Run(
      timetableOf([step('remind', 'one', due('PT20M', 'flag:update'))], { reactions, maxAge: 9 * DAY }),
    ).runTo(START);
    run.event(START, 'update');
    run.event(START + 15 * MINUTE, 'update');
    expect(run.due('remind')).toBe(iso(START + 35 * MINUTE));
    run.happens({ t: 'event', id: 'late', type: 'update', at: START + MINUTE, fields: {} }, START + 16 * MINUTE);
    expect(run.due('remind')).toBe(iso(START + 35 * MINUTE));
    run.event(START + 17 * MINUTE, 'silent');
    expect(run.told('remind')).toBe('idle');
  });

  it('may be an end: of a stage, of the journey, of what is open', () => {
    const run = new Run(
      timetableOf(
        [
          step('a', 'one', due('P30D')),
          step('offer', 'two', due('PT0S'), {
            kind: 'offer',
            open: { expires: due('P1D', 'flag:over'), otherwise: 'expired', clock: 'run-on' },
          }),
        ],
        {
          reactions,
          stages: [
            { id: 'one', title: 'one', enter: 'journey', end: due('PT1H', 'flag:over') },
            { id: 'two', title: 'two', enter: 'journey' },
          ],
          end: { at: due('P3D', 'flag:over'), outcomes: [{ outcome: 'done' }] },
        },
      ),
    ).runTo(START);
    run.event(START + DAY, 'over');
    expect(run.state.steps.offer!.expires).toBe(START + 2 * DAY);
    run.runTo(START + 2 * DAY);
    expect([run.told('a'), run.told('offer')]).toEqual(['dropped(past-stage-end)', 'expired(not-answered)']);
    run.runTo(START + 9 * DAY);
    expect(run.state.ended).toMatchObject({ outcome: 'done', at: START + 4 * DAY });
  });
});

describe('a stage that a flag enters or ends', () => {
  const staged = () =>
    new Run(
      timetableOf(
        [
          step('watch', 'one', due('P9D')),
          step('save', 'two', due('PT2H', 'stage')),
          step('task', 'two', due('PT0S', 'stage'), {
            kind: 'task',
            open: { otherwise: 'missed', clock: 'run-on' },
          }),
          step('later', 'two', due('P5D', 'stage')),
        ],
        {
          reactions,
          stages: [
            { id: 'one', title: 'one', enter: 'journey' },
            { id: 'two', title: 'two', enter: 'flag:alert', until: 'over' },
          ],
        },
      ),
    ).runTo(START);

  it('is entered when the flag is set, as of that time', () => {
    const run = staged();
    expect([run.state.stages.two, run.told('save')]).toEqual([{}, 'idle']);
    run.happens({ t: 'event', id: 'a', type: 'alert', at: START + DAY, fields: {} }, START + DAY + HOUR);
    expect(run.state.stages.two).toEqual({ entered: START + DAY });
    expect(run.due('save')).toBe(iso(START + DAY + 2 * HOUR));
  });

  it('is entered at the start when the flag is set from the start', () => {
    const run = new Run(staged().timetable, { flags: { alert: START } });
    expect(run.state.stages.two!.entered).toBe(START);
  });

  it('keeps the journey waiting for it when all else is done', () => {
    const run = staged().runTo(START + 20 * DAY);
    expect([run.told('watch'), run.state.ended]).toEqual(['sent', null]);
  });

  it('ends by its flag: what waits and what is open is over, what is on its way may finish', () => {
    const run = staged();
    run.event(START, 'alert');
    run.answer();
    run.tick(START + 2 * HOUR);
    expect(run.event(START + 2 * HOUR, 'over').effects).toEqual([]);
    expect([run.told('task'), run.told('save'), run.told('later')]).toEqual([
      'missed(stage-ended)',
      'sending',
      'dropped(stage-ended)',
    ]);
    run.outcome(START + 3 * HOUR, 'save', { is: 'sent' });
    expect(run.told('save')).toBe('sent');
    expect(run.state.stages.two!.ended).toBe(START + 2 * HOUR);
  });

  it('what was on its way then and did not leave, is over with it', () => {
    const run = staged();
    run.event(START, 'alert');
    run.answer();
    run.tick(START + 2 * HOUR);
    run.event(START + 2 * HOUR, 'over');
    run.outcome(START + 3 * HOUR, 'save', { is: 'held', hold: 'h', recheck: START + DAY, reason: 'on-hold' });
    expect(run.told('save')).toBe('dropped(stage-ended)');
  });
});

describe('a repetition that counts from a flag which comes and goes', () => {
  const every = { repeat: { every: parseDuration('P14D') } };
  const looped = (more: Parameters<typeof step>[3] = {}, from = due('PT0S', 'flag:alert')) =>
    new Run(
      timetableOf([step('mail', 'one', from, { ...every, ...more }), step('last', 'one', due('P300D'))], { reactions }),
    );
  const on = (run: Run, day: number, event: string) => run.runTo(START + day * DAY).event(START + day * DAY, event);
  const days = (run: Run, until: number) =>
    run
      .runTo(START + until * DAY)
      .log.flatMap(({ at, effect: e }) => (e.t === 'touch' && e.step === 'mail' ? [(at - START) / DAY] : []));

  it('goes on by its own clock when the flag is back before its next date, however often', () => {
    const run = looped();
    for (const [day, event] of [
      [1, 'alert'],
      [10, 'calm'],
      [11, 'alert'],
      [12, 'calm'],
      [13, 'alert'],
    ] as const)
      on(run, day, event);
    expect(days(run, 45)).toEqual([1, 15, 29, 43]);
    on(run, 46, 'calm');
    on(run, 47, 'alert');
    expect(days(run, 72)).toEqual([1, 15, 29, 43, 57, 71]);
  });

  it('begins anew with the flag when its next date has passed meanwhile, and is itself again from there', () => {
    const run = looped();
    for (const [day, event] of [
      [1, 'alert'],
      [30, 'calm'],
      [50, 'alert'],
      [55, 'calm'],
      [56, 'alert'],
    ] as const)
      on(run, day, event);
    expect(days(run, 80)).toEqual([1, 15, 29, 50, 64, 78]);
  });

  it('keeps what a pause has added as long as its clock holds, and no longer', () => {
    for (const [back, expected] of [
      [25, [1, 29, 43]],
      [40, [1, 40, 54]],
    ] as const) {
      const run = looped();
      on(run, 1, 'alert');
      run.command(START + 2 * DAY, { name: 'pause', until: null, clock: null });
      run.command(START + 16 * DAY, { name: 'resume' });
      on(run, 20, 'calm');
      on(run, back, 'alert');
      expect(days(run, 55)).toEqual(expected);
    }
  });

  it('also when its last occurrence was open as the flag went', () => {
    const open = { kind: 'task' as const, open: { otherwise: 'missed' as const, clock: 'run-on' as const } };
    const run = looped(open, due('P2D', 'flag:alert'));
    on(run, 1, 'alert');
    on(run, 4, 'calm');
    run.fact(START + 5 * DAY, 'mail', 'completed');
    expect(run.told('mail')).toBe('completed');
    on(run, 9, 'alert');
    expect(days(run, 18)).toEqual([3, 17]);
  });
});
