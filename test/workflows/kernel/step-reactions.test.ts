import { describe, expect, it } from 'vitest';
import type { Reaction } from '../../../workflows/contracts/timetable.ts';
import { DAY, HOUR, Run, START, due, step, timetableOf } from './fixtures.ts';

const journey = (reactions: Reaction[], flags = {}) =>
  new Run(
    timetableOf(
      [
        step('offer', 'one', due('PT0S'), {
          kind: 'offer',
          open: { expires: due('P9D', 'step:offer'), otherwise: 'expired', clock: 'run-on' },
        }),
        step('won', 'one', due('P3D'), { kind: 'milestone', needs: ['used'] }),
        step('thanks', 'one', due('PT1H', 'flag:saved')),
        step('last', 'one', due('P60D')),
      ],
      { reactions },
    ),
    { flags },
  );

describe('a reaction to the end of a step', () => {
  it('comes with the outcome that it asks for, at the time of that', () => {
    const run = journey([{ event: 'step:offer', where: { outcome: 'accepted' }, set: 'saved' }]).runTo(START);
    const declined = journey(run.timetable.reactions).runTo(START);
    run.fact(START + HOUR, 'offer', 'accepted');
    declined.fact(START + HOUR, 'offer', 'declined');
    expect([run.state.flags, run.state.steps.thanks!.due]).toEqual([{ saved: START + HOUR }, START + 2 * HOUR]);
    expect(declined.state.flags).toEqual({});
  });

  it('may end the journey, once', () => {
    const run = journey([
      { event: 'step:offer', where: { outcome: 'expired' }, end: { how: 'exit', outcome: 'churned' } },
    ]).runTo(START + 20 * DAY);
    expect(run.state.ended).toEqual({ outcome: 'churned', how: 'exit', at: START + 9 * DAY });
  });

  it('hears of a milestone that was reached before it began', () => {
    const run = journey([{ event: 'step:won', where: { outcome: 'met' }, set: 'saved' }], { used: START });
    expect(run.state.flags.saved).toBe(START);
  });
});
