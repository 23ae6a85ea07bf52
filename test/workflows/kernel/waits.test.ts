import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../workflows/contracts/time.ts';
import { DAY, HOUR, Run, START, due, iso, step, timetableOf } from './fixtures.ts';
import { UTC } from './zones.ts';

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
