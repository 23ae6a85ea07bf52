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

  it('are known also where they are not sold, and refused where they are not known', () => {
    for (const id of ['trial', 'community', 'enterprise', 'free', 'team']) expect(planOf(id).sold).toBe(false);
    expect(() => planOf('gold')).toThrow(expect.objectContaining({ code: 'unknown-plan' }));
    expect(isPlan('constructor')).toBe(false);
  });
});
