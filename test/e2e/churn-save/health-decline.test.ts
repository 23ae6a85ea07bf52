import { describe, expect, it } from 'vitest';
import { escalations, live, savePersona } from './save-rig.ts';

const DECLINE = '001.outreach.health-decline';
const CAMPAIGN = '001.campaign.churn-prevention';
const MODEL = '001.health.score';
const enterprise = (given: Parameters<typeof savePersona>[0] = {}) =>
  savePersona({ ...given, account: { plan: 'enterprise', ...given.account } });
const all = ['alert-csm', 'alert-ae', 'check-in-call', 'health-analysis', 'remediation-plan'];

describe('001.outreach.health-decline', () => {
  it('alerts success manager and account executive, and asks for call, analysis and plan within 24 hours', async () => {
    const { tasks, entries, outcome } = await live(
      DECLINE,
      enterprise({
        facts: [
          { after: 'PT1H', step: 'alert-csm', what: 'completed' },
          { after: 'PT2H', step: 'alert-ae', what: 'completed' },
          { after: 'PT6H', step: 'check-in-call', what: 'held' },
          { after: 'PT7H', step: 'health-analysis', what: 'completed' },
          { after: 'PT23H', step: 'remediation-plan', what: 'completed' },
        ],
        scores: [
          { after: 'PT0S', model: MODEL, value: 66 },
          { after: 'P5D', model: MODEL, value: 74 },
          { after: 'P12D', model: MODEL, value: 76 },
        ],
      }),
    );
    expect(tasks.map((line) => line.replace(/ completed$/, '')).sort()).toEqual(
      all.map((step) => `PT0S ${step} → ${step === 'alert-ae' ? 'ae' : 'csm'} by P1D`).sort(),
    );
    expect(entries.filter((e) => e.channel !== null)).toEqual([]);
    expect(outcome).toBe('recovered');
  });

  it('calls in an executive once when the score falls below 50 in the open case', async () => {
    const { tasks, of } = await live(
      DECLINE,
      enterprise({
        scores: [
          { after: 'PT0S', model: MODEL, value: 66 },
          { after: 'P2D', model: MODEL, value: 49 },
          { after: 'P3D', model: MODEL, value: 55 },
          { after: 'P4D', model: MODEL, value: 45 },
        ],
        events: [{ after: 'P6D', type: 'account_deleted' }],
      }),
    );
    expect(of('executive-escalation')[0]).toBe('P2D sent as-planned');
    expect(tasks.filter((line) => line.includes('executive-escalation →'))).toEqual([
      'P2D executive-escalation → executive by P3D cancelled',
      'P3D executive-escalation → cs-lead by P4D level 1',
    ]);
  });

  it('goes wrong throughout: dropped right below 50, nothing done in 24 hours, and lost', async () => {
    const { tasks, outcome, events } = await live(
      DECLINE,
      enterprise({
        scores: [{ after: 'PT0S', model: MODEL, value: 41 }],
        events: [{ after: 'P3D', type: 'subscription.cancelled' }],
      }),
    );
    expect(escalations(tasks).sort()).toEqual(
      [...all, 'executive-escalation'].map((step) => `P1D ${step} → cs-lead by P2D level 1`).sort(),
    );
    expect(outcome).toBe('churned');
    expect(events).toEqual(['P3D customer.churned']);
  });

  it('ends when the success manager closes it', async () => {
    const { outcome } = await live(DECLINE, enterprise({ commands: [{ after: 'P1D', command: 'exit' }] }));
    expect(outcome).toBe('exited');
  });
});

describe('001.campaign.churn-prevention', () => {
  const facts = {
    pain_points: ['Answers in the wrong tone'],
    alternative: 'Let the assistant draft and a person send.',
  };

  it('sends one message a week, in turn, and ends at 70', async () => {
    const { entries, outcome } = await live(
      CAMPAIGN,
      enterprise({
        account: { facts },
        scores: [
          { after: 'PT0S', model: MODEL, value: 66 },
          { after: 'P23D', model: MODEL, value: 72 },
          { after: 'P30D', model: MODEL, value: 72 },
        ],
      }),
    );
    expect(entries.filter((e) => e.outcome === 'sent' && e.template).map((e) => `${e.offset} ${e.template}`)).toEqual([
      'PT0S churn_prevention_help',
      'P7D churn_prevention_alternatives',
      'P14D churn_prevention_renewal',
      'P21D churn_prevention_help',
      'P28D churn_prevention_alternatives',
    ]);
    expect(outcome).toBe('improved');
  });

  it('ends when two weekly readings in a row improved', async () => {
    const { of, outcome } = await live(
      CAMPAIGN,
      enterprise({
        scores: [
          { after: 'PT0S', model: MODEL, value: 55 },
          { after: 'P20D', model: MODEL, value: 54 },
          { after: 'P34D', model: MODEL, value: 60 },
          { after: 'P41D', model: MODEL, value: 62 },
        ],
      }),
    );
    expect(of('weekly-reading').at(-2)).toBe('P42D met check-met');
    expect(outcome).toBe('improved');
  });

  it('has an executive step in once below 50, where no outreach is open that does', async () => {
    const { tasks } = await live(
      CAMPAIGN,
      enterprise({
        scores: [
          { after: 'P3D', model: MODEL, value: 48 },
          { after: 'P3DT6H', model: MODEL, value: 44 },
        ],
        events: [{ after: 'P5D', type: 'account_deleted' }],
      }),
    );
    expect(tasks).toEqual([
      'P3D executive-intervention → executive by P4D cancelled',
      'P4D executive-intervention → cs-lead by P5D level 1',
    ]);
  });

  it('goes wrong throughout: unsubscribed, below 50 from the start, and lost', async () => {
    const { entries, outcome } = await live(
      CAMPAIGN,
      enterprise({
        contacts: [
          {
            role: 'primary',
            email: 'maya.lindqvist@lakeside.example',
            name: 'Maya Lindqvist',
            consent: { email: false },
          },
        ],
        scores: [{ after: 'PT0S', model: MODEL, value: 41 }],
        events: [{ after: 'P15D', type: 'subscription.cancelled' }],
      }),
    );
    expect(
      entries
        .filter((e) => e.channel === 'email' && e.outcome !== 'dropped')
        .map((e) => `${e.step} ${e.outcome} ${e.reason}`),
    ).toEqual([
      'issue-resolution skipped unsubscribed',
      'alternative-solutions skipped unsubscribed',
      'renewal-options skipped unsubscribed',
    ]);
    expect(outcome).toBe('churned');
  });
});
