import { describe, expect, it } from 'vitest';
import { customer, event, live, of, sentOn } from './stories.ts';

const PLAYBOOK = '001.onboarding.community';
const upgrade = (after: string) => event(after, 'subscription.started', { plan: 'enterprise' });

describe(PLAYBOOK, () => {
  it('lets events bring the steps of days 1 and 3, and tells an active customer everything once', async () => {
    const story = await live(
      PLAYBOOK,
      customer('community', {
        metrics: [
          { after: 'PT5H', name: 'workflows', value: 1 },
          { after: 'P6D', name: 'workflows', value: 4 },
        ],
        events: [
          event('PT1H', 'user_logged_in'),
          event('PT3H', 'account_set_up'),
          event('PT5H', 'workflow_created'),
          event('P1D', 'workflow_created'),
          upgrade('P52D'),
        ],
        facts: [{ after: 'P9D', step: 'survey-day-7', what: 'answered', value: 10 }],
      }),
    );
    expect(sentOn(story, 'email')).toEqual([
      'PT0S community_welcome',
      'PT5H first_workflow_celebration',
      'P7D community_week_summary',
      'P21D community_update',
      'P35D community_update',
      'P49D community_update',
    ]);
    expect(sentOn(story, 'in-app').slice(0, 4)).toEqual([
      'PT0S community_tour',
      'PT1H community_quick_start',
      'PT1H community_first_workflow_tutorial',
      'PT1H community_model_walkthrough',
    ]);
    expect(of(story, 'c0-goal')).toEqual(['PT3H met early']);
    expect([...of(story, 'c1-expected'), ...of(story, 'c3-expected')]).toEqual([
      'P1D met check-met',
      'P3D met check-met',
    ]);
    expect(of(story, 'survey-day-7')).toEqual([
      'P7D sent onboarding_survey_in_app',
      'P9D answered onboarding_survey_in_app',
    ]);
    expect(of(story, 'survey-day-7-reminder')).toEqual(['P9D skipped already-done']);
    expect([story.outcome, story.tasks]).toEqual(['upgraded', []]);
  });

  it('nudges by the day somebody who does nothing, and goes on every two weeks from day 21', async () => {
    const story = await live(PLAYBOOK, customer('community', { events: [upgrade('P70D')] }));
    expect(sentOn(story, 'email')).toEqual([
      'PT0S community_welcome',
      'P1D community_nudge_login',
      'P3D community_nudge_workflow',
      'P7D community_week_summary',
      'P14D onboarding_survey_reminder',
      'P21D community_update',
      'P35D community_update',
      'P49D community_update',
      'P63D community_update',
    ]);
    const updates = story.mails.filter(({ template }) => template === 'community_update');
    expect(new Set(updates.map(({ subject }) => subject)).size).toBe(4);
    expect(story.mails.find(({ template }) => template === 'community_week_summary')?.text).not.toMatch(/: 0\b/);
    expect([...of(story, 'c1-expected'), ...of(story, 'c0-goal')]).toEqual([
      'P1D missed check-missed',
      'P1D missed missed',
    ]);
    expect(of(story, 'survey-day-7').at(-1)).toMatch(/^P21D expired/);
    expect(of(story, 'c3-celebration')).toEqual(['P70D dropped journey-ended']);
  });

  it('never celebrates before the first login, and does so at night no earlier than nine', async () => {
    const story = await live(
      PLAYBOOK,
      customer('community', {
        events: [
          event('P1DT2H', 'workflow_created'),
          // 22:00 in New York.
          event('P1DT12H', 'user_logged_in'),
          upgrade('P4D'),
        ],
      }),
    );
    expect(sentOn(story, 'email')).toContain('P1DT23H first_workflow_celebration');
    expect(sentOn(story, 'in-app')).toContain('P1DT12H community_quick_start');
    expect(of(story, 'c1-tutorial')).toEqual(['P1DT12H skipped workflow-already-created']);
  });

  it('speaks only inside the product to somebody who unsubscribed and never comes', async () => {
    const story = await live(
      PLAYBOOK,
      customer('community', {
        events: [event('PT2H', 'unsubscribed', { channel: 'email' }), event('P36D', 'account_deleted')],
      }),
    );
    expect(sentOn(story, 'email')).toEqual(['PT0S community_welcome']);
    expect(
      ['c1-nudge', 'c3-nudge', 'c7-summary'].map((step) => of(story, step)[0]!.split(' ').slice(1).join(' ')),
    ).toEqual(Array(3).fill('skipped unsubscribed'));
    expect(sentOn(story, 'in-app').slice(1)).toEqual([
      'P7D onboarding_survey_in_app',
      'P21D community_update_in_app',
      'P35D community_update_in_app',
    ]);
    expect(story.outcome).toBe('account-deleted');
  });
});
