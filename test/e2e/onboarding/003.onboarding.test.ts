import { describe, expect, it } from 'vitest';
import { customer, event, fact, live, of, sentOn } from './stories.ts';

const PLAYBOOK = '003.onboarding';

describe(PLAYBOOK, () => {
  it('confirms first value within the hour, cancels every reminder and closes when the checklist is done', async () => {
    const story = await live(
      PLAYBOOK,
      customer('free', {
        account: { facts: { tenant_ready: true } },
        events: [
          event('PT10M', 'profile_configured'),
          event('PT20M', 'project_created'),
          event('PT40M', 'first_value'),
          event('PT5H', 'integration_configured'),
        ],
      }),
    );
    expect(sentOn(story, 'email')).toEqual(['PT0S product_welcome', 'PT40M onboarding_complete']);
    expect(sentOn(story, 'in-app')).toEqual([
      'PT0S product_checklist',
      'PT0S product_tutorial',
      'PT20M product_samples',
    ]);
    expect(of(story, 'first-value')).toEqual(['PT40M met early']);
    expect(of(story, 'reminder-1')).toEqual(['PT40M dropped stage-ended']);
    expect([story.outcome, story.tasks.filter(({ kind }) => kind === 'task')]).toEqual(['completed', []]);
  });

  it('reminds after 4 and 20 hours, then daily five times, then asks a person, when nothing happens', async () => {
    const story = await live(
      PLAYBOOK,
      customer('free', { events: [event('PT5H', 'unsubscribed', { channel: 'email' })] }),
    );
    expect(sentOn(story, 'email')).toEqual([
      'PT0S product_welcome',
      'PT4H product_reminder',
      'PT20H product_reminder',
      // Nine in the morning; the clocks go forward on the last of these days.
      ...['P1DT23H', 'P2DT23H', 'P3DT23H', 'P4DT23H', 'P5DT22H'].map((at) => `${at} product_reminder`),
    ]);
    expect(of(story, 'first-value')).toEqual(['P1D missed missed']);
    expect(story.tasks.filter(({ kind }) => kind === 'task').map(({ step, ownerRole }) => [step, ownerRole])).toEqual([
      ['provision-tenant', 'operations'],
      ['provision-tenant', 'cs-lead'],
      ['stalled', 'csm'],
      ['stalled', 'cs-lead'],
    ]);
    expect(story.outcome).toBe('stalled');
  });

  it('records first value after a day as late, and still confirms it', async () => {
    const story = await live(
      PLAYBOOK,
      customer('free', { events: [event('PT1H', 'tenant_provisioned'), event('P2D', 'first_value')] }),
    );
    expect(of(story, 'first-value')).toEqual(['P1D missed missed', 'P2D late late']);
    expect(of(story, 'completion-notice').at(-1)).toBe('P2D sent onboarding_complete');
    expect(of(story, 'provision-tenant').at(-1)).toMatch(/^PT1H completed/);
    expect(story.outcome).toBe('first-value');
  });

  it('needs no integration where none applies, and takes the ticks of staff', async () => {
    const tick = (after: string, item: string) => fact(after, 'set-up-alone', 'completed', item);
    const story = await live(
      PLAYBOOK,
      customer('free', {
        account: { facts: { tenant_ready: true, integration_applies: false } },
        events: [event('PT30M', 'first_value')],
        facts: [tick('PT1H', 'profile'), tick('PT2H', 'project')],
      }),
    );
    expect(of(story, 'set-up')).toEqual(['PT0S skipped no-integration']);
    expect(of(story, 'complete')).toEqual(['PT2H met early']);
    expect(story.outcome).toBe('completed');
  });
});
