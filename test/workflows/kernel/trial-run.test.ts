import { describe, expect, it } from 'vitest';
import { DAY, HOUR, Run, START, at, iso } from './fixtures.ts';

describe('a trial that nobody disturbs', () => {
  it('touches the account at the times that the playbook states', () => {
    const run = new Run();
    run.runTo(START + HOUR);
    run.event(START + HOUR, 'user_logged_in');
    run.runTo(START + 20 * DAY);
    expect(run.touches()).toEqual([
      'welcome 2026-03-23T10:00:00.000Z',
      'quick-win 2026-03-23T10:00:00.000Z',
      'sms 2026-03-23T12:00:00.000Z',
      'tutorial 2026-03-23T14:00:00.000Z',
      'activation 2026-03-24T10:00:00.000Z',
      'check-in 2026-03-25T10:00:00.000Z',
      'offer 2026-03-28T10:00:00.000Z',
      'banner 2026-03-28T10:00:00.000Z',
      'weekly 2026-03-30T10:00:00.000Z',
      'reminder 2026-03-31T10:00:00.000Z',
      'last-call 2026-04-04T10:00:00.000Z',
      'notice 2026-04-06T10:00:00.000Z',
    ]);
    expect(run.state.ended).toEqual({ outcome: 'expired', how: 'timetable', at: at('2026-04-06T10:00:00Z') });
    expect(run.told('offer')).toBe('expired(not-answered)');
  });

  it('skips the check-in of somebody who never logs in, with its reason', () => {
    const run = new Run().runTo(START + 20 * DAY);
    expect(run.told('check-in')).toBe('skipped(never-logged-in)');
    expect(iso(run.state.steps['check-in']!.at)).toBe('2026-03-28T10:00:00.000Z');
  });

  it('ends by its goal in the middle of any wait', () => {
    const run = new Run().runTo(START + 2 * DAY);
    const r = run.event(START + 2 * DAY + HOUR, 'subscription_started');
    expect(run.state.ended).toMatchObject({ outcome: 'converted', how: 'goal' });
    expect(r.effects).toContainEqual({ t: 'status' });
    expect(run.told('offer')).toBe('dropped(journey-ended)');
    expect(run.kernel.nextWake(run.state)).toBeUndefined();
  });
});
