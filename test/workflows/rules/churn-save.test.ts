import { expect, it } from 'vitest';
import { HOUR, Run, START, due, step, timetableOf } from '../kernel/fixtures.ts';

const save = () => {
  const run = new Run(
    timetableOf(
      [
        step('offer', 'one', due('PT0S'), {
          kind: 'offer',
          open: { expires: due('P9D', 'step:offer'), otherwise: 'expired', clock: 'run-on' },
        }),
        step('welcome-back', 'one', due('PT1H', 'flag:offerAccepted')),
      ],
      { kind: 'churn-save', offers: { 'pause-billing': {} } },
    ),
  );
  run.tick(START);
  run.outcome(START, 'offer', { is: 'sent', opens: true, offer: 'pause-billing' });
  return run;
};

it('an accepted offer sets the flag that its playbook counts from', () => {
  const run = save();
  run.fact(START + HOUR, 'offer', 'accepted');
  expect(run.state.flags).toEqual({ offerAccepted: START + HOUR });
  expect(run.state.steps['welcome-back']!.due).toBe(START + 2 * HOUR);
});

it('a declined one sets none', () => {
  const run = save();
  run.fact(START + HOUR, 'offer', 'declined');
  expect(run.state.flags).toEqual({});
});
