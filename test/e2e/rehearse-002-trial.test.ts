import { beforeAll, describe, expect, it } from 'vitest';
import { readShipped } from '../../playbooks/publish/read-shipped.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import type { Entry } from '../../workers/rehearse/entries.ts';
import { readPersona } from '../../workers/rehearse/persona.ts';
import type { Persona } from '../../workers/rehearse/persona.ts';
import { rehearse } from '../../workers/rehearse/rehearse.ts';
import { testGround } from '../support/ground.ts';
import { high, login, low, medium, trialPersona, usage } from './personas.ts';

let playbook: Playbook;
beforeAll(async () => {
  playbook = await readShipped('002.trial');
});

const live = async (persona: Persona) => rehearse(await testGround(), playbook, readPersona(persona, playbook));

/** `offset outcome template|reason` of one step, in order: what a reader of the spec would check. */
const of = (entries: Entry[], step: string) =>
  entries
    .filter((e) => e.step === step)
    .map((e) => [e.offset, e.outcome, e.template ?? e.reason, e.offer].filter((cell) => cell !== null).join(' '));

describe('002.trial', () => {
  it('takes a high-usage customer through welcome, SMS, advanced features and the half-price offer', async () => {
    const { outcome, entries, history } = await live(
      trialPersona({ metrics: high, events: [...login, { after: 'PT23H', type: 'ai_interaction' }] }),
    );
    expect(of(entries, 'welcome-email')).toEqual(['PT0S sent personalized_industry_welcome']);
    expect(of(entries, 'setup-sms')).toEqual(['PT2H sent trial_setup_sms']);
    expect(of(entries, 'first-conversation-tutorial')).toEqual(['PT4H sent first_conversation_tutorial']);
    expect(of(entries, 'first_ai_interaction_within_24h')).toEqual(['P1D met check-met']);
    expect(of(entries, 'day3-checkin')).toEqual(['P2D sent advanced_features_unlock']);
    expect(of(entries, 'day6-offer')).toEqual([
      'P5D sent upgrade_with_bonus_features first_month_50_off_plus_premium_support',
      'P14D expired upgrade_with_bonus_features first_month_50_off_plus_premium_support',
    ]);
    expect(of(entries, 'day6-banner')).toEqual(['P5D sent trial_offer_banner_high']);
    expect(outcome).toBe('expired');
    expect(history.events).toBeLessThan(140);
  });

  it('takes a medium-usage customer through the power-user tips and the extension offer', async () => {
    const { entries } = await live(trialPersona({ metrics: medium, events: login }));
    expect(of(entries, 'day3-checkin')).toEqual(['P2D sent power_user_tips']);
    expect(of(entries, 'day6-offer')[0]).toBe(
      'P5D sent roi_calculator_with_upgrade_path extended_trial_14_days_plus_discount',
    );
    expect(of(entries, 'day6-banner')).toEqual(['P5D sent trial_offer_banner_medium']);
    expect(of(entries, 'first_ai_interaction_within_24h')).toEqual(['P1D missed check-missed']);
  });

  it('takes a low-usage customer through getting-started help and the set-up call', async () => {
    const { entries } = await live(trialPersona({ metrics: low, events: login }));
    expect(of(entries, 'day3-checkin')[0]).toBe('P2D sent getting_started_assistance personal_onboarding_call');
    expect(of(entries, 'day6-offer')[0]).toBe('P5D sent personal_demo_scheduling setup_assistance_call');
    expect(of(entries, 'day6-banner')).toEqual(['P5D skipped no-banner-for-low-engagement']);
  });

  it.each([
    [
      'exactly 2 active days and 10 conversations is high on day 3',
      { conversations: 10, active_days: 2 },
      'advanced_features_unlock',
    ],
    ['10 conversations on one day is medium', { conversations: 10, active_days: 1 }, 'power_user_tips'],
    ['exactly 3 conversations is medium', { conversations: 3, active_days: 1 }, 'power_user_tips'],
    ['2 conversations is low', { conversations: 2, active_days: 2 }, 'getting_started_assistance'],
  ])('segments day 3: %s', async (_name, day3, template) => {
    const { entries } = await live(
      trialPersona({ metrics: usage(day3, day3), events: [...login, { after: 'P3D', type: 'purchase' }] }),
    );
    expect(of(entries, 'day3-checkin')[0]).toContain(`P2D sent ${template}`);
  });

  it('sends no SMS without an opt-in', async () => {
    const { entries } = await live(
      trialPersona({ sms: false, metrics: low, events: [{ after: 'P1D', type: 'purchase' }] }),
    );
    expect(of(entries, 'setup-sms')).toEqual(['PT2H skipped no-sms-consent']);
  });

  it('moves the SMS of an evening sign-up to the morning, by the law of the recipient’s zone', async () => {
    const { entries } = await live(
      trialPersona({ start: '2026-03-03T00:30:00.000Z', events: [{ after: 'P1D', type: 'purchase' }] }),
    );
    expect(of(entries, 'setup-sms').at(-1)).toBe('PT12H30M sent trial_setup_sms');
  });

  it('leaves out what set-up and a first conversation have made needless', async () => {
    const events = [
      ...login,
      { after: 'PT1H', type: 'setup_completed' },
      { after: 'PT1H', type: 'first_conversation_succeeded' },
      { after: 'P1DT1H', type: 'purchase' },
    ];
    const { entries } = await live(trialPersona({ events }));
    expect(of(entries, 'setup-sms')).toEqual(['PT2H skipped setup-already-complete']);
    expect(of(entries, 'first-conversation-tutorial')).toEqual(['PT4H skipped first-conversation-already-succeeded']);
    expect(of(entries, 'first_ai_interaction_within_24h')).toEqual(['P1D met check-met']);
  });

  it('keeps the day-3 mail from somebody who never logged in, and still makes the low offer on day 6', async () => {
    const { entries, outcome } = await live(trialPersona());
    expect(of(entries, 'day3-checkin')).toEqual(['P5D skipped never-logged-in']);
    expect(of(entries, 'day6-offer')[0]).toContain('P5D sent personal_demo_scheduling');
    expect(outcome).toBe('expired');
  });

  it('sends the day-3 mail at the first login when that comes before day 6', async () => {
    const { entries } = await live(
      trialPersona({
        metrics: medium,
        events: [
          { after: 'P3DT1H', type: 'user_logged_in' },
          { after: 'P4D', type: 'purchase' },
        ],
      }),
    );
    expect(of(entries, 'day3-checkin')).toEqual(['P3DT1H sent power_user_tips']);
  });

  it('ends with a conversion on day 2, in the middle of a wait', async () => {
    const { entries, outcome } = await live(
      trialPersona({ metrics: high, events: [...login, { after: 'P1DT6H', type: 'purchase' }] }),
    );
    expect(outcome).toBe('converted');
    expect(of(entries, 'day3-checkin')).toEqual(['P1DT6H dropped journey-ended']);
    expect(entries.filter((e) => e.outcome === 'sent' && e.offset > 'P1DT6H' && !e.offset.startsWith('PT'))).toEqual(
      [],
    );
  });

  it('gives an accepted extension fourteen more days', async () => {
    const { entries, outcome } = await live(
      trialPersona({ metrics: medium, events: login, facts: [{ after: 'P7D', step: 'day6-offer', what: 'accepted' }] }),
    );
    expect(of(entries, 'day6-offer')).toEqual([
      'P5D sent roi_calculator_with_upgrade_path extended_trial_14_days_plus_discount',
      'P7D accepted roi_calculator_with_upgrade_path extended_trial_14_days_plus_discount',
    ]);
    expect(of(entries, 'quick-win').at(-1)).toMatch(/^P28D missed/);
    expect(outcome).toBe('expired');
  });

  it('makes an accepted set-up call a task, escalated when nobody arranges it', async () => {
    const { entries } = await live(
      trialPersona({ metrics: low, events: login, facts: [{ after: 'P6D', step: 'day6-offer', what: 'accepted' }] }),
    );
    expect(of(entries, 'setup-call')[0]).toMatch(/^P6D sent/);
    expect(of(entries, 'setup-call').at(-1)).toMatch(/^P14D missed/);
  });

  it('stops marketing after an unsubscribe on day 4', async () => {
    const { entries } = await live(
      trialPersona({
        metrics: high,
        events: [...login, { after: 'P3D', type: 'unsubscribed', data: { channel: 'email' } }],
      }),
    );
    expect(of(entries, 'day3-checkin')).toEqual(['P2D sent advanced_features_unlock']);
    expect(of(entries, 'day6-offer')).toEqual(['P5D skipped unsubscribed']);
    expect(of(entries, 'day6-banner')).toEqual(['P5D sent trial_offer_banner_high']);
  });

  describe('paused over day 3 (from day 2 to day 10)', () => {
    const paused = (clock?: string) =>
      trialPersona({
        metrics: high,
        events: login,
        commands: [
          { after: 'P1DT12H', command: 'pause', ...(clock ? { clock } : {}) },
          { after: 'P9DT12H', command: 'resume' },
        ],
      });

    it('with the clock frozen sends it when its remaining half day has run, and day 6 three days after', async () => {
      const { entries } = await live(paused());
      expect(of(entries, 'day3-checkin')).toEqual(['P10D sent advanced_features_unlock']);
      expect(of(entries, 'day6-offer')[0]).toContain('P13D sent upgrade_with_bonus_features');
    });

    it('with the clock running on judges it by its late policy at resume: a week late is stale', async () => {
      const { entries } = await live(paused('run-on'));
      expect(of(entries, 'day3-checkin')).toEqual(['P9DT12H skipped stale']);
      expect(of(entries, 'day6-offer')).toEqual(['P9DT12H skipped stale']);
    });

    it('with an absolute clock leaves out whatever had its date in the pause', async () => {
      const { entries } = await live(paused('absolute'));
      expect(of(entries, 'day3-checkin')).toEqual(['P9DT12H skipped missed-date']);
    });

    it('with the clock running on sends what is late by less than its limit', async () => {
      const commands = [
        { after: 'P1DT12H', command: 'pause', clock: 'run-on' },
        { after: 'P2DT6H', command: 'resume' },
      ];
      const { entries } = await live(
        trialPersona({ metrics: high, events: [...login, { after: 'P4D', type: 'purchase' }], commands }),
      );
      expect(of(entries, 'day3-checkin')).toEqual(['P2DT6H sent advanced_features_unlock']);
    });
  });

  it('lets staff skip, postpone, extend and run a step now, each with its date', async () => {
    const commands = [
      { after: 'PT1H', command: 'skip', step: 'setup-sms' },
      { after: 'P1D', command: 'postpone', step: 'day3-checkin', to: '2026-03-06T15:00:00Z' },
      { after: 'P1DT1H', command: 'extend', duration: 'P7D' },
      { after: 'P4DT13H', command: 'run-now', step: 'day6-offer' },
    ];
    const { entries, outcome } = await live(trialPersona({ metrics: high, events: login, commands }));
    expect(of(entries, 'setup-sms')).toEqual(['PT1H skipped command']);
    expect(of(entries, 'day3-checkin')).toEqual(['P4D sent advanced_features_unlock']);
    expect(of(entries, 'day6-offer').map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'P4DT13H sent',
      'P21D expired',
    ]);
    expect(outcome).toBe('expired');
  });

  it('ends at once by an exit command', async () => {
    const { entries, outcome } = await live(trialPersona({ commands: [{ after: 'P1DT12H', command: 'exit' }] }));
    expect(outcome).toBe('exited');
    expect(of(entries, 'day6-offer')).toEqual(['P1DT12H dropped journey-ended']);
  });

  it('carries a paused, half-done, extended trial across continue-as-new', async () => {
    const commands = [
      { after: 'P1D', command: 'extend', duration: 'P7D' },
      { after: 'P1DT12H', command: 'pause' },
      { after: 'P9DT12H', command: 'resume' },
    ];
    const persona = readPersona(trialPersona({ metrics: high, events: login, commands }), playbook);
    const ground = await testGround();
    let runs = 0;
    const count = async ({ client, workflowId }: { client: typeof ground.client; workflowId: string }) => {
      for await (const run of client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
        runs += run.workflowId === workflowId ? 1 : 0;
    };
    const carried = await rehearse(ground, playbook, persona, { continueEvery: 2, observe: count });
    const whole = await rehearse(ground, playbook, persona);
    expect(carried.entries).toEqual(whole.entries);
    expect(of(carried.entries, 'day6-offer').at(-1)).toContain('P21D expired');
    expect(runs).toBeGreaterThan(3);
  });

  it('refuses a persona that names what the playbook does not read', () => {
    expect(() =>
      readPersona({ ...trialPersona(), metrics: [{ after: 'P1D', name: 'chats', value: 1 }] }, playbook),
    ).toThrow('metric "chats"');
    expect(() => readPersona({ ...trialPersona(), events: [{ after: 'P1D', type: 'logged_in' }] }, playbook)).toThrow(
      'event "logged_in"',
    );
    expect(() => readPersona({ ...trialPersona(), mood: 'good' }, playbook)).toThrow('mood');
  });
});
