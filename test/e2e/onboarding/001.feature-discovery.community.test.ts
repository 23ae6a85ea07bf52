import { describe, expect, it } from 'vitest';
import { customer, event, live, of, sentOn } from './stories.ts';

const PLAYBOOK = '001.feature-discovery.community';
const metric = (after: string, name: string, value: number) => ({ after, name, value });
const end = (after: string) => event(after, 'account.plan_changed', { plan: 'professional' });

describe(PLAYBOOK, () => {
  it('shows each of the four prompts once, at its moment', async () => {
    const story = await live(
      PLAYBOOK,
      customer('community', {
        metrics: [
          metric('P1D', 'workflows', 2),
          metric('P2D', 'workflows', 3),
          metric('P3D', 'ai_requests', 10),
          metric('P4D', 'workflows', 9),
          metric('P5D', 'storage_limit_percent', 84),
          metric('P6D', 'storage_limit_percent', 85),
        ],
        events: [
          event('P2DT1H', 'session_started'),
          event('P3DT5H', 'session_started'),
          event('P7D', 'workflow_shared'),
          event('P7DT2H', 'session_ended'),
          event('P8D', 'workflow_shared'),
          event('P8DT1H', 'session_ended'),
          event('P8DT2H', 'session_started'),
          end('P9D'),
        ],
      }),
    );
    expect(sentOn(story, 'in-app')).toEqual([
      'P2D discover_advanced_templates',
      'P3DT5H discover_advanced_models',
      'P6D discover_usage_limit',
      'P7DT2H discover_team_collaboration',
    ]);
    expect(story.outcome).toBe('upgraded');
  });

  it('shows the prompt of a limit once for each limit and billing period', async () => {
    const story = await live(
      PLAYBOOK,
      customer('community', {
        metrics: [
          metric('P4D', 'workflow_limit_percent', 85),
          metric('P5D', 'workflow_limit_percent', 60),
          metric('P6D', 'workflow_limit_percent', 90),
          metric('P7D', 'ai_request_limit_percent', 100),
          metric('P30DT1H', 'workflow_limit_percent', 0),
          metric('P40D', 'workflow_limit_percent', 95),
        ],
        events: [event('P30D', 'billing_period_started'), end('P41D')],
      }),
    );
    expect(of(story, 'usage-limit-workflows')).toEqual([
      'P4D sent discover_usage_limit',
      'P40D sent discover_usage_limit',
    ]);
    expect(of(story, 'usage-limit-requests')).toEqual(['P7D sent discover_usage_limit']);
  });

  it('waits for the next session and the end of one, and forgets what never found its moment', async () => {
    const story = await live(
      PLAYBOOK,
      customer('community', {
        metrics: [metric('P1DT1H', 'ai_requests', 25)],
        events: [event('P1D', 'session_started'), event('P2D', 'workflow_shared'), end('P100D')],
      }),
    );
    expect(sentOn(story, 'in-app')).toEqual([]);
    expect(of(story, 'ai-model-access')).toEqual(['P91DT1H skipped no-session']);
    expect(of(story, 'team-collaboration')).toEqual(['P92D skipped no-session']);
  });

  it('shows nothing to somebody below every threshold or without any contact for it', async () => {
    const story = await live(
      PLAYBOOK,
      customer('community', {
        metrics: [
          metric('P1D', 'workflows', 2),
          metric('P1D', 'ai_requests', 9),
          metric('P1D', 'workflow_limit_percent', 84.9),
        ],
        events: [event('P3D', 'account_deleted')],
      }),
    );
    expect(story.entries.filter((e) => e.outcome === 'sent')).toEqual([]);
    expect(story.outcome).toBe('account-deleted');
  });
});
