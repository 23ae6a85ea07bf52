import { describe, expect, it } from 'vitest';
import { customer, event, live, of, sentOn } from './stories.ts';

const PLAYBOOK = '002.onboarding.milestones';
const habit = (after: string, value: number) => ({ after, name: 'active_days_14', value });
const GOALS = [
  'complete_profile_setup',
  'integrate_primary_platform',
  'solve_first_business_problem',
  'establish_daily_usage_habit',
];

describe(PLAYBOOK, () => {
  it('celebrates each goal at once when it comes early, by its own channel', async () => {
    const story = await live(
      PLAYBOOK,
      customer('starter', {
        metrics: [habit('P20D', 9), habit('P21D', 10)],
        events: [
          event('PT5H', 'profile_completed'),
          event('P1D', 'profile_completed'),
          event('P3D', 'integration_connected'),
          event('P9D', 'conversation_solved'),
        ],
      }),
    );
    expect(GOALS.map((goal) => of(story, goal))).toEqual([
      ['PT5H met early'],
      ['P3D met early'],
      ['P9D met early'],
      ['P21D met early'],
    ]);
    expect(sentOn(story, 'email')).toEqual([
      'PT5H progress_email',
      'P3D achievement_badge',
      'P9D success_story_feature',
      'P21D power_user_recognition',
    ]);
    expect(sentOn(story, 'in-app')).toEqual(['P3D achievement_badge_in_app', 'P21D power_user_recognition_in_app']);
    expect([story.outcome, story.tasks]).toEqual(['completed', []]);
  });

  it('reminds of each goal that is missed on days 3, 7, 14 and 30, and asks nobody to call Starter', async () => {
    const story = await live(PLAYBOOK, customer('starter'));
    expect(GOALS.map((goal) => of(story, goal))).toEqual([
      ['P2D missed missed'],
      ['P6D missed missed'],
      ['P13D missed missed'],
      ['P29D missed missed'],
    ]);
    expect(sentOn(story, 'email')).toEqual(['P2D', 'P6D', 'P13D', 'P29D'].map((at) => `${at} milestone_reminder`));
    expect([story.outcome, story.tasks]).toEqual(['closed-open', []]);
  });

  it('gives the success manager of Business a task for each missed goal, whatever becomes of the mails', async () => {
    const story = await live(
      PLAYBOOK,
      customer('business', {
        contacts: [{ role: 'primary', phone: '+12125550147', name: 'Maya Lindqvist', consent: {} }],
      }),
    );
    expect(of(story, 'profile-reminder')).toEqual(['P2D skipped no-contact-with-email']);
    expect(story.tasks.map(({ step, ownerRole }) => [step, ownerRole])).toEqual(
      ['profile-recovery', 'platform-recovery', 'problem-recovery', 'habit-recovery'].map((step) => [step, 'csm']),
    );
  });

  it('celebrates what comes late, once, as late, and completes the task about it', async () => {
    const late = customer('business', {
      events: [
        event('P4D', 'profile_completed'),
        event('P5D', 'profile_completed'),
        event('P15D', 'conversation_solved'),
        event('P16D', 'customer.churned'),
      ],
    });
    const story = await live(PLAYBOOK, late);
    expect(of(story, 'complete_profile_setup')).toEqual(['P2D missed missed', 'P4D late late']);
    expect(sentOn(story, 'email')).toEqual([
      'P2D milestone_reminder',
      'P4D progress_email',
      'P6D milestone_reminder',
      'P13D milestone_reminder',
      'P15D success_story_feature',
    ]);
    expect(of(story, 'profile-recovery').at(-1)).toMatch(/^P4D completed/);
    // The same, when the run continues as new all the time.
    expect((await live(PLAYBOOK, late, { continueEvery: 3 })).entries).toEqual(story.entries);
  });

  it('runs its dates on through a pause, and celebrates at the end of it', async () => {
    const story = await live(
      PLAYBOOK,
      customer('professional', {
        events: [event('P1DT2H', 'profile_completed'), event('P9D', 'customer.churned')],
        commands: [
          { after: 'P1D', command: 'pause' },
          { after: 'P8D', command: 'resume' },
        ],
      }),
    );
    expect(of(story, 'complete_profile_setup')).toEqual(['P1DT2H met early']);
    expect(of(story, 'integrate_primary_platform')).toEqual(['P6D missed missed']);
    expect(sentOn(story, 'email')).toEqual(['P8D progress_email', 'P8D milestone_reminder']);
  });
});
