import { describe, expect, it } from 'vitest';
import { live, savePersona } from './save-rig.ts';

const RETENTION = '003.retention';
const MODEL = '003.churn-risk';
const sent = (entries: { outcome: string; offset: string; template: string | null }[]) =>
  entries.filter((e) => e.outcome === 'sent' && e.template).map((e) => `${e.offset} ${e.template}`);

describe('003.retention', () => {
  it('looks for growth every quarter at low risk, and writes to nobody', async () => {
    const { entries, tasks } = await live(
      RETENTION,
      savePersona({ events: [{ after: 'P200D', type: 'subscription.cancelled' }] }),
    );
    expect(sent(entries)).toEqual([]);
    expect(tasks.map((line) => line.split(' ').slice(0, 4).join(' '))).toEqual([
      expect.stringMatching(/^P(89DT23H|90D) growth-opportunity → growth$/) as string,
      expect.stringMatching(/^P(179DT23H|180D) growth-opportunity → growth$/) as string,
    ]);
  });

  it('runs the intervention at high risk, the engagement campaign at medium risk, and neither at low risk', async () => {
    const { entries, of } = await live(
      RETENTION,
      savePersona({
        account: { facts: { unused_features: ['Integrations'] } },
        scores: [
          { after: 'P1D', model: MODEL, value: 'high' },
          { after: 'P28D', model: MODEL, value: 'medium' },
          { after: 'P35D', model: MODEL, value: 'medium' },
          { after: 'P90D', model: MODEL, value: 'low' },
          { after: 'P97D', model: MODEL, value: 'low' },
        ],
        events: [{ after: 'P130D', type: 'account_deleted' }],
      }),
    );
    expect(sent(entries).map((line) => line.replace(/T\S+/, ''))).toEqual([
      'P1D retention_win_back',
      'P8D retention_training',
      'P15D retention_win_back',
      'P22D retention_training',
      'P29D retention_win_back',
      'P35D retention_check_in',
      'P49D retention_best_practice',
      'P63D retention_check_in',
      'P77D retention_best_practice',
      'P91D retention_check_in',
    ]);
    expect(of('personal-support')[0]).toBe('P15D sent as-planned');
  });

  it('makes an accepted training a task', async () => {
    const { tasks } = await live(
      RETENTION,
      savePersona({
        scores: [{ after: 'P1D', model: MODEL, value: 'high' }],
        facts: [{ after: 'P9D', step: 'win-back-training', what: 'accepted' }],
        events: [{ after: 'P10D', type: 'account_deleted' }],
      }),
    );
    expect(tasks).toEqual(['P9D training → csm by P11D cancelled']);
  });

  it('goes wrong throughout: high risk for three months without an answer, and lost', async () => {
    const { tasks, outcome, of } = await live(
      RETENTION,
      savePersona({
        scores: [{ after: 'PT0S', model: MODEL, value: 'high' }],
        events: [{ after: 'P91D', type: 'subscription.cancelled' }],
      }),
    );
    expect(of('win-back')[0]).toMatch(/^PT0S sent retention_win_back$/);
    expect(tasks.filter((line) => line.includes('personal-support')).slice(0, 2)).toEqual([
      'P14D personal-support → csm by P16D cancelled',
      'P16D personal-support → cs-lead by P17D level 1',
    ]);
    expect(outcome).toBe('churned');
  });

  it('goes round for years in a history that stays small', async () => {
    let size = 0;
    const { entries, history } = await live(
      RETENTION,
      savePersona({
        scores: [{ after: 'P1D', model: MODEL, value: 'high' }],
        events: [{ after: 'P400D', type: 'subscription.cancelled' }],
      }),
      {
        continueEvery: 25,
        observe: async ({ rig, journeyId }) => {
          const { body } = await rig.call<object>('GET', `/v1/journeys/${journeyId}`);
          size = JSON.stringify(body).length;
        },
      },
    );
    const touches = sent(entries).length;
    expect(touches).toBeGreaterThan(50);
    expect(history.events).toBeLessThan(touches * 14);
    expect(size).toBeLessThan(64 * 1024);
  });
});
