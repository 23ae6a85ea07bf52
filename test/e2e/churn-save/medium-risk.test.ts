import { describe, expect, it } from 'vitest';
import { durationMs } from '../../../workflows/contracts/time.ts';
import { live, savePersona } from './save-rig.ts';

const MEDIUM = '002.churn.medium-risk';
const facts = {
  use_case: 'appointment booking',
  unused_features: ['Integrations', 'Team inbox'],
  peer_story: 'A shop in Leeds answers every second question without a person.',
};
const metrics = [{ after: 'P5D', name: 'conversations_month', value: 240 }];

/** Every message that left, as `<day> <template>`. */
const sentDays = (entries: { outcome: string; offset: string; template: string | null }[]) =>
  entries
    .filter((e) => e.outcome === 'sent' && e.template)
    .map((e) => [durationMs(e.offset) / 86_400_000, e.template] as const);

describe('002.churn.medium-risk', () => {
  it('sends tips at once, the guide within a week, features, peers, wins, webinar and numbers, and goes on every month', async () => {
    const { entries, of, outcome } = await live(
      MEDIUM,
      savePersona({
        account: { facts },
        metrics,
        scores: [
          { after: 'PT0S', model: '002.health.score', value: 55 },
          { after: 'P45D', model: '002.health.score', value: 75 },
          { after: 'P52D', model: '002.health.score', value: 75 },
        ],
      }),
    );
    expect(of('success-tips')).toEqual(['PT0S sent medium_risk_tips']);
    expect(of('usage-guide')).toEqual(['P6D sent medium_risk_guide']);
    expect(of('case-study')).toEqual(['P21D sent medium_risk_wins']);
    expect(of('feature-education').map((line) => line.split(' ')[0])).toEqual(['P10D', 'P40DT23H', 'P52D']);
    expect(of('peer-stories')[0]).toBe('P14D sent medium_risk_peers');
    expect(of('webinar-invitation')[0]).toMatch(/^P2[78]D.* sent medium_risk_webinar$/);
    expect(of('roi-report')[0]).toMatch(/^P3[01]D.* sent medium_risk_roi$/);
    expect(outcome).toBe('improved');
    const days = sentDays(entries).map(([day]) => day);
    for (const day of days)
      expect(days.filter((other) => other >= day && other < day + 7).length, `from day ${day}`).toBeLessThanOrEqual(2);
  });

  it('leaves out the tutorials when every feature is used', async () => {
    const { of } = await live(
      MEDIUM,
      savePersona({
        account: { facts: { ...facts, unused_features: [], all_features_used: true } },
        events: [{ after: 'P12D', type: 'account_deleted' }],
      }),
    );
    expect(of('feature-education')[0]).toBe('P10D skipped no-unused-feature');
  });

  it('goes wrong throughout: on Friday evening, without consent, and cancelled', async () => {
    const { entries, outcome, events } = await live(
      MEDIUM,
      savePersona({
        start: '2026-03-06T23:00:00.000Z',
        account: { facts },
        contacts: [
          {
            role: 'primary',
            email: 'maya.lindqvist@lakeside.example',
            name: 'Maya Lindqvist',
            consent: { email: false },
          },
        ],
        events: [{ after: 'P9D', type: 'subscription.cancelled' }],
      }),
    );
    expect(entries.filter((e) => e.outcome === 'sent')).toEqual([]);
    expect(entries.filter((e) => e.outcome === 'skipped').map((e) => `${e.offset} ${e.step} ${e.reason}`)).toEqual([
      'PT15H success-tips unsubscribed',
      'P6DT14H usage-guide unsubscribed',
    ]);
    expect(outcome).toBe('churned');
    expect(events).toHaveLength(1);
  });

  it('keeps two messages that a pause has moved three days apart', async () => {
    const { entries } = await live(
      MEDIUM,
      savePersona({
        account: { facts },
        commands: [
          { after: 'P6D', command: 'pause', clock: 'run-on' },
          { after: 'P9D', command: 'resume' },
        ],
        events: [{ after: 'P22D', type: 'account_deleted' }],
      }),
    );
    expect(sentDays(entries)).toEqual([
      [0, 'medium_risk_tips'],
      [9, 'medium_risk_guide'],
      [10, 'medium_risk_features'],
      [14, 'medium_risk_peers'],
      [21, 'medium_risk_wins'],
    ]);
  });

  it('is taken over by the save when the score falls below 40, with the clocks of that counted from then', async () => {
    const { of, tasks, outcome } = await live(
      MEDIUM,
      savePersona({
        account: { facts },
        scores: [
          { after: 'PT0S', model: '002.health.score', value: 55 },
          { after: 'P9D', model: '002.health.score', value: 39.9 },
        ],
        events: [{ after: 'P12D', type: 'subscription.cancelled' }],
      }),
    );
    expect(of('feature-education')[0]).toBe('P9D dropped removed-by-migration');
    expect(of('ceo-personal-email').at(-1)).toBe('P9DT1H45M sent risk_ceo_personal_email');
    expect(tasks.filter((line) => line.includes('head-of-cs'))).toEqual([
      'P9DT12H59M usage-analysis-breach → head-of-cs by P9DT16H59M cancelled',
      'P10D customer-success-call → head-of-cs by P11D level 1',
      'P11D value-plan → head-of-cs by P12D level 1',
    ]);
    expect(outcome).toBe('churned');
  });
});
