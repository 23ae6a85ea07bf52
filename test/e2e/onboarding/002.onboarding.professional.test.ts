import { describe, expect, it } from 'vitest';
import { customer, event, fact, live, of, sentOn } from './stories.ts';

const PLAYBOOK = '002.onboarding.professional';

describe(PLAYBOOK, () => {
  it('guides a customer who does nothing, and sends each drafted check-in a day after its milestone', async () => {
    const story = await live(PLAYBOOK, customer('professional'));
    expect(sentOn(story, 'email')).toEqual([
      'PT0S guided_setup_welcome',
      'PT2H welcome_call_offer',
      'P1D guided_setup_step',
      'P3D milestone_check_in',
      'P4D guided_setup_step',
      'P7D milestone_check_in',
      'P14D milestone_check_in',
      'P30D milestone_check_in',
    ]);
    expect(of(story, 'check-in-day-3')[0]).toMatch(/^P2D held/);
    expect(of(story, 'welcome-call-offer').at(-1)).toMatch(/^P14DT2H expired/);
    expect(of(story, 'welcome-call')).toEqual(['P14DT2H skipped not-needed']);
    expect(story.outcome).toBe('completed');
  });

  it('makes an accepted welcome call a meeting of half an hour, and help that is asked for a task', async () => {
    const story = await live(
      PLAYBOOK,
      customer('professional', {
        events: [event('P1DT3H', 'setup_help_requested'), event('P10D', 'customer.churned')],
        facts: [
          fact('PT6H', 'welcome-call-offer', 'accepted'),
          fact('PT7H', 'welcome-call', 'booked'),
          fact('P1DT7H', 'welcome-call', 'held'),
          fact('P1DT8H', 'setup-assistance', 'completed'),
        ],
      }),
    );
    const call = story.tasks.find(({ step }) => step === 'welcome-call');
    expect(call).toMatchObject({ ownerRole: 'cs-pool', minutes: 30, outcome: 'held' });
    expect(of(story, 'welcome-call')).toEqual(['PT6H sent as-planned', 'P1DT7H held meeting-held']);
    expect(of(story, 'setup-assistance').map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'P1DT3H sent',
      'P1DT8H completed',
    ]);
  });

  it('lets the success team approve, change or stop a drafted check-in', async () => {
    const story = await live(
      PLAYBOOK,
      customer('professional', {
        commands: [
          { after: 'P2DT3H', command: 'approve', step: 'check-in-day-3' },
          { after: 'P6DT1H', command: 'edit', step: 'check-in-day-7', subject: 'Slack, together?', text: 'Shall we?' },
          { after: 'P6DT2H', command: 'approve', step: 'check-in-day-7' },
          { after: 'P13DT1H', command: 'reject', step: 'check-in-day-14' },
          { after: 'P15D', command: 'exit' },
        ],
      }),
    );
    expect(of(story, 'check-in-day-3').at(-1)).toBe('P2DT3H sent milestone_check_in');
    expect(of(story, 'check-in-day-7').at(-1)).toBe('P6DT2H sent milestone_check_in');
    expect(of(story, 'check-in-day-14').at(-1)).toMatch(/^P13DT1H (dropped|skipped)/);
  });

  it('takes over a Starter in the middle: its own set-up begins then, and asks for nothing that is done', async () => {
    const story = await live(
      '002.onboarding.starter',
      customer('starter', {
        events: [
          event('PT3H', 'integration_connected'),
          event('P3DT1H', 'account.plan_changed', { plan: 'professional' }),
          event('P8D', 'customer.churned'),
        ],
      }),
    );
    expect(sentOn(story, 'email')).toEqual([
      'PT0S self_service_welcome',
      'P2D finish_profile',
      'P3DT1H guided_setup_welcome',
      'P3DT3H welcome_call_offer',
      'P4DT1H guided_setup_step',
      'P7D milestone_check_in',
    ]);
    expect(of(story, 'guided-setup-3')).toEqual(['P7DT1H skipped already-done']);
    expect(of(story, 'touch-3')).toEqual(['P3DT1H dropped removed-by-migration']);
    expect(story.outcome).toBe('churned');
  });
});
