import { describe, expect, it } from 'vitest';
import { isPlan, planOf, plans } from '../../playbooks/plans.ts';

describe('plans', () => {
  it('are sold at the stated prices and limits', () => {
    const sold = Object.entries(plans).filter(([, plan]) => plan.sold);
    expect(sold.map(([id, plan]) => [id, plan.priceMinor, plan.limit])).toEqual([
      ['starter', 1900, 1000],
      ['professional', 4900, 5000],
      ['business', 9900, null],
    ]);
  });

  it('name the onboarding and the health model of their accounts', () => {
    expect(Object.entries(plans).map(([id, plan]) => [id, plan.onboarding, plan.health])).toEqual([
      ['starter', '002.onboarding.starter', '002.health.score'],
      ['professional', '002.onboarding.professional', '002.health.score'],
      ['business', '002.onboarding.business', '002.health.score'],
      ['trial', null, null],
      ['free', '001.onboarding.community', '001.health.score'],
      ['community', '001.onboarding.community', '001.health.score'],
      ['team', '002.onboarding.starter', '000.health-score'],
      ['enterprise', '001.onboarding.professional', '001.health.score'],
      ['platform', '003.onboarding', '003.churn-risk'],
    ]);
  });

  it('are known also where they are not sold, and refused where they are not known', () => {
    for (const id of ['trial', 'community', 'enterprise', 'free', 'team', 'platform'])
      expect(planOf(id).sold).toBe(false);
    expect(() => planOf('gold')).toThrow(expect.objectContaining({ code: 'unknown-plan' }));
    expect(isPlan('constructor')).toBe(false);
  });
});
