import { describe, expect, it } from 'vitest';
import { customer, event, live, of, sentOn } from './stories.ts';

const PLAYBOOK = '002.onboarding.starter';
const metric = (after: string, name: string, value: number) => ({ after, name, value });

describe(PLAYBOOK, () => {
  it('touches a customer who does nothing seven times in fourteen days: days 1, 3, 5, 7, 9, 12 and 14', async () => {
    const story = await live(PLAYBOOK, customer('starter'));
    expect(sentOn(story, 'email')).toEqual([
      'PT0S self_service_welcome',
      'P2D finish_profile',
      'P4D daily_routine',
      'P6D connect_platform',
      'P8D knowledge_and_forum',
      'P11D solve_a_problem',
      'P13D results_review',
    ]);
    expect(of(story, 'daily_usage_within_first_week')).toEqual(['P7D missed check-missed']);
    expect([story.outcome, story.tasks]).toEqual(['completed', []]);
    expect(story.mails.find(({ template }) => template === 'self_service_welcome')!.text).toContain(
      'Made for retail. The Returns assistant',
    );
  });

  it('asks for nothing that was celebrated as a milestone, and invites who solved a problem to tell the story', async () => {
    const story = await live(
      PLAYBOOK,
      customer('starter', {
        metrics: [metric('P5D', 'active_days', 5), metric('P12D', 'conversations', 140)],
        events: [
          event('PT3H', 'profile_completed'),
          event('P3D', 'integration_connected'),
          event('P10D', 'conversation_solved'),
        ],
      }),
    );
    expect(of(story, 'touch-2')).toEqual(['P2D skipped celebrated-as-milestone']);
    expect(of(story, 'touch-4')).toEqual(['P6D skipped celebrated-as-milestone']);
    expect(of(story, 'touch-6')).toEqual(['P11D skipped celebrated-as-milestone']);
    expect(of(story, 'touch-7')).toEqual(['P13D sent success_story_invitation']);
    expect(of(story, 'daily_usage_within_first_week')).toEqual(['P7D met check-met']);
  });

  it('counts five active days of seven as daily use, and four not', async () => {
    const four = await live(PLAYBOOK, customer('starter', { metrics: [metric('P6D', 'active_days', 4)] }));
    expect(of(four, 'daily_usage_within_first_week')).toEqual(['P7D missed check-missed']);
  });

  it('keeps to the hours of the customer, wherever that is and whatever the industry', async () => {
    const story = await live(
      PLAYBOOK,
      customer('starter', {
        start: '2026-03-02T09:30:00.000Z',
        account: { timeZone: 'Asia/Tokyo', industry: 'beekeeping' },
      }),
    );
    // 18:30 in Tokyo: the welcome leaves at once, the rest at nine on the next morning.
    expect(sentOn(story, 'email').slice(0, 3)).toEqual([
      'PT0S self_service_welcome',
      'P2DT14H30M finish_profile',
      'P4DT14H30M daily_routine',
    ]);
    expect(story.mails.find(({ template }) => template === 'self_service_welcome')!.text).toContain(
      'Made for beekeeping. The Question and answer assistant',
    );
  });

  it('goes on after an unsubscribe, which service mail does not need, and ends when the customer leaves', async () => {
    const story = await live(
      PLAYBOOK,
      customer('starter', {
        events: [event('P1D', 'unsubscribed', { channel: 'email' }), event('P5D', 'customer.churned')],
      }),
    );
    expect(sentOn(story, 'email')).toHaveLength(3);
    expect(of(story, 'touch-4')).toEqual(['P5D dropped journey-ended']);
    expect(story.outcome).toBe('churned');
  });
});
