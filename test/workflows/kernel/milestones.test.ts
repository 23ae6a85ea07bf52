import { describe, expect, it } from 'vitest';
import type { TimetableStep } from '../../../workflows/contracts/timetable.ts';
import type { Seed } from '../../../workflows/kernel/kernel.ts';
import { DAY, HOUR, Run, START, due, iso, step, timetableOf } from './fixtures.ts';

const milestone = (more: Partial<TimetableStep> = {}) =>
  step('day7', 'one', due('P7D'), { kind: 'milestone', needs: ['inbox', 'reply'], clock: 'run-on', ...more });

const onboarding = (
  more: Partial<TimetableStep> = {},
  seed: Partial<Seed> = {},
  followUp: Partial<TimetableStep> = {},
) =>
  new Run(
    timetableOf(
      [
        milestone(more),
        step('celebrate', 'one', due('PT1H', 'step:day7'), { after: ['met', 'late'] }),
        step('note', 'one', due('PT1H', 'step:celebrate'), { after: ['sent'] }),
        step('follow-up', 'one', due('P2D', 'step:day7'), { after: ['missed'], kind: 'task', ...followUp }),
        step('end', 'two', due('P90D')),
      ],
      {
        stages: [
          { id: 'one', title: 'one', enter: 'journey' },
          { id: 'two', title: 'two', enter: 'journey' },
        ],
        reactions: [
          { event: 'inbox', set: 'inbox' },
          { event: 'reply', set: 'reply' },
          { event: 'goal', set: 'reply', end: { how: 'goal', outcome: 'won' } },
          { event: 'told', completes: 'day7' },
        ],
      },
    ),
    seed,
  ).runTo(START);

const days = (n: number) => START + n * DAY;

describe('a milestone', () => {
  it('is met early as soon as all its flags are set, and celebrated at once', () => {
    const run = onboarding();
    run.event(days(1), 'inbox');
    expect(run.told('day7')).toBe('waiting');
    run.happens({ t: 'event', id: 'r', type: 'reply', at: days(2), fields: {} }, days(2) + HOUR);
    expect([run.told('day7'), run.state.steps.day7!.at]).toEqual(['met(early)', days(2)]);
    run.runTo(days(80));
    expect(run.touches()).toEqual([`celebrate ${iso(days(2) + HOUR)}`, `note ${iso(days(2) + 2 * HOUR)}`]);
    expect(run.told('follow-up')).toBe('skipped(not-needed)');
  });

  it('is met on time at its very date, also when that is told after it', () => {
    const run = onboarding();
    run.event(days(1), 'inbox');
    run.tick(days(7));
    expect(run.told('day7')).toBe('missed');
    run.happens({ t: 'event', id: 'r', type: 'reply', at: days(7), fields: {} }, days(7) + HOUR);
    expect(run.told('day7')).toBe('met(on-time)');
    run.runTo(days(20));
    expect(run.touches()).toEqual([`celebrate ${iso(days(7) + HOUR)}`, `note ${iso(days(7) + 2 * HOUR)}`]);
  });

  it('is met at once when its flags were set from the start', () => {
    const run = onboarding({}, { flags: { inbox: START, reply: START } });
    expect([run.told('day7'), run.state.steps.day7!.at]).toEqual(['met(early)', START]);
  });

  it('starts no activity, is missed at its date, and then followed up', () => {
    const run = onboarding();
    run.runTo(days(30));
    expect([run.told('day7'), run.state.steps.day7!.at]).toEqual(['missed', days(7)]);
    expect(run.touches()).toEqual([`follow-up ${iso(days(9))}`]);
    expect([run.told('celebrate'), run.told('note')]).toEqual(['skipped(not-needed)', 'skipped(not-needed)']);
  });

  it('reached after its date is late, with its own time, and celebrated then, once', () => {
    const run = onboarding().runTo(days(8));
    run.event(days(8), 'inbox');
    run.event(days(8) + HOUR, 'reply');
    expect([run.told('day7'), run.state.steps.day7!.at]).toEqual(['late', days(8) + HOUR]);
    expect(run.told('follow-up')).toBe('skipped(not-needed)');
    run.runTo(days(80));
    expect(run.touches()).toEqual([`celebrate ${iso(days(8) + 2 * HOUR)}`, `note ${iso(days(8) + 3 * HOUR)}`]);
    run.event(days(81), 'inbox');
    expect(run.touches()).toHaveLength(2);
  });

  it('reached after its follow-up, and after its stage was done, is celebrated all the same', () => {
    const run = onboarding().runTo(days(20));
    expect(run.state.stages.one!.ended).toBeDefined();
    run.event(days(20), 'inbox');
    run.event(days(20), 'reply');
    run.runTo(days(40));
    expect([run.told('day7'), run.told('follow-up'), run.told('celebrate')]).toEqual(['late', 'sent', 'sent']);
    expect(run.state.stages.one!.ended).toBe(days(20) + 2 * HOUR);
  });

  it('reached late completes the follow-up that is still open, before it escalates', () => {
    const open: TimetableStep['open'] = {
      otherwise: 'missed',
      clock: 'run-on',
      escalations: [{ after: { months: 0, days: 7, ms: 0 }, level: 1 }],
    };
    const run = onboarding({}, {}, { open }).runTo(days(10));
    expect(run.told('follow-up')).toBe('open');
    run.event(days(11), 'inbox');
    run.event(days(12), 'reply');
    expect([run.told('follow-up'), run.state.steps['follow-up']!.at]).toEqual(['completed', days(12)]);
    run.runTo(days(40));
    expect(run.log.filter(({ effect }) => effect.t === 'escalate')).toEqual([]);
  });

  it('reached late in a stage that was ended by its date brings nothing back', () => {
    for (const end of [undefined, due('P10D')]) {
      const { steps, stages, reactions } = onboarding().timetable;
      const run = new Run(
        timetableOf(
          steps.filter((x) => x.id !== 'note'),
          { reactions, stages: stages.map((x) => (x.id === 'one' && end ? { ...x, end } : x)) },
        ),
      ).runTo(days(20));
      run.event(days(20), 'inbox');
      run.event(days(20), 'reply');
      expect([run.told('day7'), run.told('celebrate')]).toEqual(['late', end ? 'skipped(not-needed)' : 'waiting']);
      expect(run.state.stages.one!.ended === undefined).toBe(!end);
    }
  });

  it('reached while a pause has stopped its clock is met, whatever its date says', () => {
    const run = onboarding({ clock: 'freeze' }).runTo(days(6));
    run.command(days(6), { name: 'pause', until: null, clock: null });
    run.event(days(8), 'inbox');
    run.event(days(8), 'reply');
    expect(run.told('day7')).toMatch(/^met/);
  });

  it('heard of by a run that slept over its date is missed and late in one', () => {
    const run = onboarding();
    run.happens({ t: 'event', id: 'i', type: 'inbox', at: days(8), fields: {} }, days(9));
    run.happens({ t: 'event', id: 'r', type: 'reply', at: days(8), fields: {} }, days(9));
    expect([run.told('day7'), run.state.steps.day7!.at]).toEqual(['late', days(8)]);
  });

  it('its date runs on through a pause unless its clock freezes', () => {
    for (const clock of ['run-on', 'freeze'] as const) {
      const run = onboarding({ clock }).runTo(days(6));
      run.command(days(6), { name: 'pause', until: null, clock: 'freeze' });
      run.runTo(days(8));
      expect(run.told('day7')).toBe(clock === 'freeze' ? 'waiting' : 'missed');
      if (clock === 'run-on') continue;
      run.command(days(10), { name: 'resume' });
      expect(run.due('day7')).toBe(iso(days(11)));
    }
  });

  it('is reached in a pause, too; what follows waits for the end of it', () => {
    const run = onboarding().runTo(days(1));
    run.command(days(1), { name: 'pause', until: null, clock: null });
    run.event(days(2), 'inbox');
    run.event(days(2), 'reply');
    expect(run.told('day7')).toBe('met(early)');
    run.runTo(days(5));
    expect(run.touches()).toEqual([]);
  });

  it('at the very end of the journey is missed, not dropped', () => {
    const run = new Run(timetableOf([milestone()], { end: { at: due('P7D'), outcomes: [{ outcome: 'over' }] } })).runTo(
      days(7),
    );
    expect([run.told('day7'), run.state.ended?.outcome]).toEqual(['missed', 'over']);
  });

  it('that the end itself reaches is met', () => {
    const run = onboarding();
    run.event(days(1), 'inbox');
    run.event(days(2), 'goal');
    expect([run.told('day7'), run.state.ended?.outcome]).toEqual(['met(early)', 'won']);
  });

  it('may be completed by one event that says so', () => {
    const run = onboarding();
    run.event(days(3), 'told');
    expect(run.told('day7')).toBe('met(early)');
  });

  it('of a stage not entered yet is met when it is', () => {
    const run = new Run(
      timetableOf(
        [
          step('first', 'one', due('P3D')),
          { ...milestone(), stage: 'two', due: due('P7D') },
          step('celebrate', 'two', due('PT1H', 'step:day7'), { after: ['met'] }),
        ],
        {
          stages: [
            { id: 'one', title: 'one', enter: 'journey' },
            { id: 'two', title: 'two', enter: 'previous' },
          ],
          reactions: [
            { event: 'inbox', set: 'inbox' },
            { event: 'reply', set: 'reply' },
          ],
        },
      ),
    ).runTo(START);
    run.event(days(1), 'inbox');
    run.event(days(1), 'reply');
    expect(run.told('day7')).toBe('idle');
    run.runTo(days(10));
    expect([run.told('day7'), run.state.steps.day7!.at]).toEqual(['met(early)', days(3)]);
    expect(run.touches().at(-1)).toBe(`celebrate ${iso(days(3) + HOUR)}`);
  });

  it('is not run, and is forecast as a wait for its flag', () => {
    const run = onboarding();
    expect(run.command(days(1), { name: 'run-now', step: 'day7' }).refused).toMatchObject({
      code: 'step-not-waiting',
      nearest: { command: 'skip', step: 'day7' },
    });
    expect(run.kernel.forecast(run.state, days(1))).toMatchObject([
      { step: 'day7', at: days(7), kind: 'milestone', waitsFor: 'inbox' },
      { step: 'follow-up', at: days(9) },
      { step: 'end' },
    ]);
  });
});
