import { beforeAll, describe, expect, it } from 'vitest';
import { commonData, judgeStep } from '../../../playbooks/judge/judge-step.ts';
import type { Scope } from '../../../playbooks/cel/scope.ts';
import { readShipped } from '../../../playbooks/publish/read-shipped.ts';
import type { Playbook } from '../../../workflows/contracts/playbook.ts';
import { scopeOf } from '../fixture.ts';

let trial: Playbook;
let onboarding: Playbook;
beforeAll(async () => {
  trial = await readShipped('002.trial');
  onboarding = await readShipped('000.trial-onboarding');
});

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
function judged(playbook: Playbook, id: string, over: Partial<Scope> = {}) {
  const found = playbook.stages.flatMap((stage) => stage.steps).find((step) => step.id === id)!;
  return judgeStep(playbook, found, scopeOf(playbook, over));
}
const use = (active_days: number, conversations: number) => ({ metrics: { active_days, conversations } });

describe('the trial’s segments', () => {
  it.each([
    [2, 10, 'high', 'advanced_features_unlock'],
    [1, 10, 'medium', 'power_user_tips'],
    [2, 9, 'medium', 'power_user_tips'],
    [0, 3, 'medium', 'power_user_tips'],
    [5, 2, 'low', 'getting_started_assistance'],
    [0, 0, 'low', 'getting_started_assistance'],
  ])('day 3: %i active days and %i conversations are %s', (days, conversations, variant, template) => {
    expect(judged(trial, 'day3-checkin', use(days, conversations))).toMatchObject({
      is: 'go',
      variant,
      template,
      data: { active_days: days, conversations },
    });
  });

  it.each([
    [
      4,
      25,
      'high',
      'upgrade_with_bonus_features',
      'first_month_50_off_plus_premium_support',
      'trial_offer_banner_high',
    ],
    [
      3,
      25,
      'medium',
      'roi_calculator_with_upgrade_path',
      'extended_trial_14_days_plus_discount',
      'trial_offer_banner_medium',
    ],
    [
      4,
      24,
      'medium',
      'roi_calculator_with_upgrade_path',
      'extended_trial_14_days_plus_discount',
      'trial_offer_banner_medium',
    ],
    [
      2,
      0,
      'medium',
      'roi_calculator_with_upgrade_path',
      'extended_trial_14_days_plus_discount',
      'trial_offer_banner_medium',
    ],
    [1, 90, 'low', 'personal_demo_scheduling', 'setup_assistance_call', undefined],
  ])('day 6: %i active days and %i conversations are %s', (days, conversations, variant, template, offer, banner) => {
    expect(judged(trial, 'day6-offer', use(days, conversations))).toMatchObject({ is: 'go', variant, template, offer });
    const shown = judged(trial, 'day6-banner', use(days, conversations));
    expect(shown).toMatchObject(
      banner ? { is: 'go', variant, template: banner } : { is: 'skip', reason: 'no-banner-for-low-engagement' },
    );
  });

  it('take their thresholds and discounts from config', () => {
    const config = {
      ...scopeOf(trial).config,
      day6HighActiveDays: 1,
      day6HighConversations: 1,
      highDiscountPercent: 40,
    };
    expect(
      judged(trial, 'day6-offer', { ...use(1, 1), config, facts: { recommended_plan: 'professional' } }),
    ).toMatchObject({
      variant: 'high',
      data: {
        plan: 'Professional',
        discount_percent: 40,
        price: { amount: 4900, currency: 'USD' },
        discounted_price: { amount: 2940, currency: 'USD' },
      },
    });
  });

  it('offer 50 percent to the high, 25 percent and 14 days more to the medium', () => {
    const { journey } = scopeOf(trial);
    expect(judged(trial, 'day6-offer', use(4, 25))).toMatchObject({
      data: { discount_percent: 50, expires_at: new Date(journey.anchors.trialEnd!).toISOString() },
    });
    const extended = new Date(journey.anchors.trialEnd! + 14 * 24 * HOUR).toISOString();
    expect(judged(trial, 'day6-offer', use(2, 3))).toMatchObject({
      data: { discount_percent: 25, new_trial_end: extended },
    });
  });
});

describe('the trial’s checks', () => {
  const startedAt = () => scopeOf(trial).journey.startedAt;
  const activation = (over: Partial<Scope>) =>
    judged(trial, 'first_ai_interaction_within_24h', { now: startedAt() + 24 * HOUR, ...over });

  it('count an interaction up to 24 hours after sign-up, and none after', () => {
    expect(activation({ flags: { aiInteraction: startedAt() + 24 * HOUR } })).toEqual({ is: 'met' });
    expect(activation({ flags: { aiInteraction: startedAt() + 24 * HOUR + 1 }, now: startedAt() + 30 * HOUR })).toEqual(
      { is: 'missed' },
    );
    expect(activation({})).toEqual({ is: 'missed' });
  });

  it('count conversations in the metrics only while they can be of the first day', () => {
    expect(activation({ metrics: { conversations: 1 } })).toEqual({ is: 'met' });
    expect(activation({ metrics: { conversations: 1 }, now: startedAt() + 30 * HOUR })).toEqual({ is: 'missed' });
  });

  it('measure five minutes from the tutorial’s start, else from when it was shown', () => {
    const sent = { 'first-conversation-tutorial': startedAt() + 4 * HOUR };
    const goal = (flags: Record<string, number>) =>
      judged(trial, 'first_successful_conversation_in_5_minutes', { sent, flags });
    const began = startedAt() + 6 * HOUR;
    expect(goal({ tutorialStarted: began, firstConversation: began + 5 * MINUTE })).toEqual({ is: 'met' });
    expect(goal({ tutorialStarted: began, firstConversation: began + 5 * MINUTE + 1 })).toEqual({ is: 'missed' });
    expect(goal({ firstConversation: startedAt() + 4 * HOUR + 3 * MINUTE })).toEqual({ is: 'met' });
    expect(goal({ tutorialStarted: began })).toEqual({ is: 'missed' });
  });
});

describe('a step', () => {
  it('opens the set-up call only for the offer it belongs to', () => {
    expect(judged(trial, 'setup-call', { offered: { 'day6-offer': 'setup_assistance_call' } })).toMatchObject({
      is: 'go',
    });
    expect(judged(trial, 'setup-call', { offered: { 'day6-offer': 'extended_trial_14_days_plus_discount' } })).toEqual({
      is: 'skip',
      reason: 'not-needed',
    });
    expect(judged(trial, 'setup-call')).toEqual({ is: 'skip', reason: 'not-needed' });
  });

  it('leaves out what is empty, so that the template’s own words apply', () => {
    const result = judged(trial, 'welcome-email', { account: { ...scopeOf(trial).account, industry: null } });
    expect(result).toEqual({
      is: 'go',
      template: 'personalized_industry_welcome',
      data: { setup_guide: 'https://app.example.com/setup?journey=j-1&step=welcome-email' },
    });
  });

  it('of the onboarding is left out when its purpose is met', () => {
    const done = { teamConfigured: 1, rolesAssigned: 1 };
    expect(judged(onboarding, 'team-setup', { flags: done })).toEqual({ is: 'skip', reason: 'setup-already-complete' });
    expect(judged(onboarding, 'day1-setup-check', { flags: done })).toEqual({ is: 'met' });
    expect(judged(onboarding, 'day7-training-offer', { metrics: { participation_percent: 60 } })).toEqual({
      is: 'skip',
      reason: 'adoption-is-good',
    });
    expect(judged(onboarding, 'day7-training-offer', { metrics: { participation_percent: 59 } })).toMatchObject({
      is: 'go',
    });
  });

  it('gets the variables that every message has', () => {
    expect(commonData(scopeOf(trial))).toEqual({
      first_name: 'Ada',
      company: 'Acme',
      tier: 'Trial',
      app_link: 'https://app.example.com',
    });
    expect(commonData(scopeOf(trial, { contact: null }))).not.toHaveProperty('first_name');
  });
});
