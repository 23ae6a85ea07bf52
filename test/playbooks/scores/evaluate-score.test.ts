import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Inputs } from '../../../playbooks/scores/check-inputs.ts';
import { evaluateScore } from '../../../playbooks/scores/evaluate-score.ts';
import { bandOf, levelOf } from '../../../playbooks/scores/evaluate-weighted.ts';
import { modelOf, models, readModel } from '../../../playbooks/scores/read-models.ts';
import type { WeightedModel } from '../../../playbooks/scores/model-schema.ts';

const CUSTOMER = modelOf('002.health.score');
const ENTERPRISE = modelOf('001.health.score');
const LIGHT = modelOf('000.health-score');
const CHURN = modelOf('003.churn-risk');

const USAGE = ['daily_active_rate', 'feature_adoption_depth', 'api_usage_consistency'];
const ENGAGEMENT = ['support_interaction_sentiment', 'feature_request_frequency', 'community_participation'];
const BUSINESS = ['payment_health', 'usage_trend_direction', 'contract_utilization'];
const NINE = [...USAGE, ...ENGAGEMENT, ...BUSINESS];
const all = (names: string[], value: number): Inputs => Object.fromEntries(names.map((name) => [name, value]));
const three = (usage: number, engagement: number, business: number): Inputs => ({
  ...all(USAGE, usage),
  ...all(ENGAGEMENT, engagement),
  ...all(BUSINESS, business),
});
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

describe('002.health.score', () => {
  test.each([
    ['everything at 100', three(100, 100, 100), 100, 'low'],
    ['everything at 0', three(0, 0, 0), 0, 'high'],
    ['30, 60 and 80', three(30, 60, 80), 44, 'medium'],
    ['no use at all and the rest perfect', three(0, 100, 100), 40, 'medium'],
    ['exactly 70', three(70, 70, 70), 70, 'medium'],
    ['just above 70', { ...three(70, 70, 70), contract_utilization: 70.001 }, 70.00002, 'low'],
    ['just below 40', { ...three(0, 100, 100), contract_utilization: 99.999 }, 39.99998, 'high'],
  ])('%s', (_, inputs, score, band) => {
    expect(evaluateScore(CUSTOMER, inputs)).toMatchObject({ model: '002.health.score', score, band, confidence: 1 });
  });

  test('a failed payment alone moves the score by five points', () => {
    const good = evaluateScore(CUSTOMER, three(100, 100, 100)).score!;
    const bad = evaluateScore(CUSTOMER, { ...three(100, 100, 100), payment_health: 0 }).score!;
    expect(good - bad).toBe(5);
  });

  test('weighs once: a score is the sum of each metric by its weight in the total, so that 46 is no ceiling', () => {
    const weights = evaluateScore(CUSTOMER, three(50, 50, 50)).contributions.map(({ metric, weight }) => [
      metric,
      weight,
    ]);
    expect(Object.fromEntries(weights)).toEqual({
      daily_active_rate: 0.25,
      feature_adoption_depth: 0.2,
      api_usage_consistency: 0.15,
      support_interaction_sentiment: 0.15,
      feature_request_frequency: 0.1,
      community_participation: 0.05,
      payment_health: 0.05,
      usage_trend_direction: 0.03,
      contract_utilization: 0.02,
    });
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 46.001, max: 100, noNaN: true }), { minLength: 9, maxLength: 9 }),
        (values) => {
          const inputs = Object.fromEntries(NINE.map((name, i) => [name, values[i]!]));
          expect(evaluateScore(CUSTOMER, inputs).score).toBeGreaterThan(46);
        },
      ),
    );
  });

  test('spreads what is missing inside its own category, and says how much is known', () => {
    const without = evaluateScore(CUSTOMER, { ...three(80, 20, 20), api_usage_consistency: null });
    expect(without.contributions.find((one) => one.metric === 'daily_active_rate')!.weight).toBeCloseTo(1 / 3, 9);
    expect(without.contributions.find((one) => one.metric === 'feature_adoption_depth')!.weight).toBeCloseTo(
      0.8 / 3,
      9,
    );
    expect(without.contributions.find((one) => one.metric === 'payment_health')!.weight).toBe(0.05);
    expect(without.score).toBe(56);
    expect(without.confidence).toBe(0.85);
    const notForHim = evaluateScore(CUSTOMER, { ...three(80, 20, 20), api_usage_consistency: 'n/a' });
    expect(notForHim).toMatchObject({ score: 56, confidence: 1 });
    expect(evaluateScore(CUSTOMER, all(USAGE, 50))).toMatchObject({ score: 50, confidence: 0.6 });
    expect(evaluateScore(CUSTOMER, {})).toMatchObject({ score: null, band: null, confidence: 0, contributions: [] });
  });
});

describe('001.health.score', () => {
  test('the worked example: 81.8 is 82, Good', () => {
    const dimensions = {
      productUsage: 85,
      businessValue: 80,
      engagement: 78,
      technicalHealth: 88,
      growthPotential: 75,
    };
    const result = evaluateScore(ENTERPRISE, dimensions);
    expect(result).toMatchObject({ score: 82, band: 'good' });
    expect(sum(result.contributions.map((one) => one.points))).toBeCloseTo(81.8, 9);
    const rated = {
      technicalHealth: ['integrationStatus', 'performance', 'securityCompliance'],
      growthPotential: ['upgradeReadiness', 'accountExpansion'],
    };
    const judged = evaluateScore(ENTERPRISE, {
      ...{ activeUsers: 80, featureAdoption: 70, workflowVolume: 80 },
      ...Object.fromEntries(rated.technicalHealth.map((name) => [name, 'excellent'])),
      ...Object.fromEntries(rated.growthPotential.map((name) => [name, 'good'])),
    });
    expect(judged.score).toBe(Math.round((85 * 30 + 88 * 15 + 75 * 10) / 55));
  });

  test.each([
    [84.4, 84, 'good'],
    [84.5, 85, 'excellent'],
    [69.5, 70, 'good'],
    [69.4, 69, 'fair'],
    [49.5, 50, 'fair'],
    [49.4, 49, 'poor'],
  ])('%d is rounded half up to %d before its band is looked up', (value, score, band) => {
    const names = ['productUsage', 'businessValue', 'engagement', 'technicalHealth', 'growthPotential'];
    expect(evaluateScore(ENTERPRISE, all(names, value))).toMatchObject({ score, band });
    expect(bandOf(ENTERPRISE, value)).toBe(band);
  });

  test.each([
    ['activeUsers', 80.1, 'excellent'],
    ['activeUsers', 80, 'good'],
    ['activeUsers', 60, 'good'],
    ['activeUsers', 40, 'fair'],
    ['activeUsers', 39.9, 'poor'],
    ['featureAdoption', 70, 'good'],
    ['featureAdoption', 50, 'good'],
    ['featureAdoption', 30, 'fair'],
    ['timeToValue', 29.9, 'excellent'],
    ['timeToValue', 30, 'good'],
    ['timeToValue', 60, 'good'],
    ['timeToValue', 90, 'fair'],
    ['timeToValue', 91, 'poor'],
    ['roiDemonstration', 201, 'excellent'],
    ['roiDemonstration', 200, 'good'],
    ['roiDemonstration', 100, 'good'],
    ['roiDemonstration', 0.1, 'fair'],
    ['roiDemonstration', 'qualitative', 'fair'],
    ['roiDemonstration', 0, 'poor'],
    ['npsScore', 8.1, 'excellent'],
    ['npsScore', 8, 'good'],
    ['npsScore', 6, 'good'],
    ['npsScore', 5.9, 'poor'],
    ['expansionVelocity', 2, 'excellent'],
    ['expansionVelocity', 1, 'good'],
    ['expansionVelocity', 'later', 'fair'],
    ['expansionVelocity', 'no-plans', 'poor'],
  ])('%s of %s is %s', (metric, value, level) => {
    const { categories } = (ENTERPRISE as WeightedModel).structure;
    const found = Object.values(categories).find((category) => metric in category.metrics)!.metrics[metric]!;
    expect(levelOf(found, value)).toBe(level);
  });

  test.each([
    ['activeUsers', [0, 20, 40, 50, 60, 80, 90, 100], [0, 25, 50, 60, 70, 85, 92.5, 100]],
    ['timeToValue', [0, 15, 30, 60, 90, 135, 180, 400], [100, 92.5, 85, 70, 50, 25, 0, 0]],
    ['roiDemonstration', [-50, 0, 50, 100, 200, 400, 900], [25, 25, 60, 70, 85, 100, 100]],
    ['npsScore', [0, 3, 6, 7, 8, 10], [0, 24.5, 70, 77.5, 85, 100]],
  ])('%s is read off its points in straight lines', (metric, values, points) => {
    expect(values.map((value) => levelPoints(metric, value))).toEqual(points);
  });

  test('no answer and no measurement are poor, but not before day 30', () => {
    const silent = { productFeedback: 'poor', npsScore: 10 };
    expect(evaluateScore(ENTERPRISE, { ...silent, customer_age_days: 29.9 }).score).toBe(100);
    expect(evaluateScore(ENTERPRISE, { ...silent, customer_age_days: 30 }).score).toBe(63);
    expect(evaluateScore(ENTERPRISE, { roiDemonstration: 'not-measured', customer_age_days: 3 }).score).toBeNull();
    expect(levelPoints('roiDemonstration', 'not-measured')).toBe(25);
  });

  const levelPoints = (metric: string, value: number | string) => {
    const [one] = evaluateScore(ENTERPRISE, { [metric]: value }).contributions;
    return Math.round((one!.points / one!.weight) * 1e6) / 1e6;
  };
});

describe('000.health-score', () => {
  test.each([
    [6, 81, 0, 'green'],
    [5, 90, 0, 'watch'],
    [6, 80, 0, 'watch'],
    [3, 60, 0, 'watch'],
    [2.9, 90, 0, 'yellow'],
    [10, 59.9, 0, 'yellow'],
    [1, 40, 0, 'yellow'],
    [0.9, 90, 0, 'red'],
    [6, 39.9, 0, 'red'],
    [6, 30, 0, 'red'],
    [2, 70, 1, 'red'],
    [6, 90, 3, 'green'],
    [4, 70, 3, 'watch'],
  ])(
    '%d decisions, %d %% of the team and %d open tickets: %s',
    (decisions_per_week, team_participation, open_support_tickets, band) => {
      expect(evaluateScore(LIGHT, { decisions_per_week, team_participation, open_support_tickets })).toMatchObject({
        ...{ band, score: null, confidence: 1 },
      });
    },
  );

  test('gives no band before seven full days, and none of what nothing is known', () => {
    const bad = { decisions_per_week: 0, team_participation: 0 };
    expect(evaluateScore(LIGHT, { ...bad, account_age_days: 6.9 }).band).toBeNull();
    expect(evaluateScore(LIGHT, { ...bad, account_age_days: 7 }).band).toBe('red');
    expect(evaluateScore(LIGHT, { open_support_tickets: 4 })).toMatchObject({ band: null, confidence: 0 });
    expect(evaluateScore(LIGHT, { decisions_per_week: 0.5 })).toMatchObject({ band: 'red', confidence: 0.5 });
    expect(evaluateScore(LIGHT, { decisions_per_week: 9 })).toMatchObject({ band: 'watch' });
  });

  test('names the measures that called for the band', () => {
    const { contributions } = evaluateScore(LIGHT, { decisions_per_week: 9, team_participation: 55 });
    expect(contributions).toEqual([
      { metric: 'decisions_per_week', value: 9, weight: 0, points: 0 },
      { metric: 'team_participation', value: 55, weight: 1, points: 2 },
    ]);
  });
});

describe('003.churn-risk', () => {
  test.each([
    [{ days_without_usage: 30 }, 'high'],
    [{ days_without_usage: 29 }, 'low'],
    [{ days_without_usage: 0, ticket_volume_change: 50 }, 'high'],
    [{ days_without_usage: 0, features_used_change: -30 }, 'high'],
    [{ days_without_usage: 0, negative_feedback: 1, missing_milestones: 2 }, 'high'],
    [{ days_without_usage: 0, usage_change: -20 }, 'medium'],
    [{ days_without_usage: 0, missing_milestones: 1 }, 'medium'],
    [{ days_without_usage: 0, feature_adoption: 29.9 }, 'medium'],
    [{ days_without_usage: 0, engagement_change: -20 }, 'medium'],
    [{ days_without_usage: 0, usage_change: 5, feature_adoption: 80 }, 'low'],
  ])('%o: %s', (inputs, band) => {
    expect(evaluateScore(CHURN, inputs).band).toBe(band);
  });
});

describe('002.churn.prediction', () => {
  test.each([
    [{ health_band: 'low', cancellation_signal: true }, 'high'],
    [{ health_band: 'high' }, 'high'],
    [{ health_band: 'low', usage_drop: true, payment_failure: true }, 'high'],
    [{ health_band: 'low', usage_drop: true, payment_failure: false }, 'medium'],
    [{ health_band: 'low', score_slope: -10 }, 'medium'],
    [{ health_band: 'medium', score_slope: 5 }, 'medium'],
    [{ health_band: 'low', score_slope: -9.9, usage_drop: false }, 'low'],
  ])('%o: %s', (inputs, band) => {
    expect(evaluateScore(modelOf('002.churn.prediction'), inputs).band).toBe(band);
  });
});

describe('any model', () => {
  const inputsFor = (model: WeightedModel) =>
    fc.record(
      Object.fromEntries(
        Object.entries(model.inputs).map(([name, input]) => {
          const [from, to] = input.range ?? [0, 1];
          const words = fc.constantFrom<string | number | null>(null, ...(input.words ?? []));
          if (input.type === 'enum') return [name, words];
          const number =
            input.type === 'integer'
              ? fc.integer({ min: from, max: to })
              : fc.double({ min: from, max: to, noNaN: true });
          return [name, fc.oneof(number, words)];
        }),
      ),
    );

  test.each(['001.health.score', '002.health.score'])(
    '%s: weights add up to 1 and points to the score, whatever is missing',
    (id) => {
      const model = modelOf(id) as WeightedModel;
      fc.assert(
        fc.property(inputsFor(model), (inputs) => {
          const { score, band, confidence, contributions } = evaluateScore(model, inputs);
          if (score === null)
            return void expect({ band, confidence, contributions }).toEqual({
              band: null,
              confidence: 0,
              contributions: [],
            });
          expect(sum(contributions.map((one) => one.weight))).toBeCloseTo(1, 6);
          expect(Math.abs(sum(contributions.map((one) => one.points)) - score)).toBeLessThan(0.51);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(100);
          expect(confidence).toBeGreaterThan(0);
          expect(confidence).toBeLessThanOrEqual(1);
          expect(band).toBe(bandOf(model, score));
        }),
      );
    },
  );

  test.each([
    ['an unknown input', { decisions: 3 }, /decisions: unknown input.*reads decisions_per_week/],
    ['another type', { decisions_per_week: '3' }, /decisions_per_week: must be a number/],
    ['no number', { decisions_per_week: Number.NaN }, /must be a number/],
    ['one out of range', { team_participation: 101 }, /team_participation: must lie between 0 and 100/],
    ['a fraction of a ticket', { open_support_tickets: 1.5 }, /open_support_tickets: must be a whole number/],
    ['a list', [1, 2], /must be an object/],
  ])('refuses %s', (_, inputs, message) => {
    expect(() => evaluateScore(LIGHT, inputs)).toThrowError(
      expect.objectContaining({ code: 'invalid-request', message: expect.stringMatching(message) }),
    );
  });

  test('refuses a category that is given whole and in parts, n/a where all are concerned, and a word that is not one of its own', () => {
    expect(() => evaluateScore(ENTERPRISE, { engagement: 50, npsScore: 9 })).toThrow(/given whole and by npsScore/);
    expect(() => evaluateScore(CUSTOMER, { payment_health: 'n/a' })).toThrow(/payment_health: must be a number/);
    expect(() => evaluateScore(ENTERPRISE, { performance: 'great' })).toThrow(
      /must be one of excellent, good, fair, poor/,
    );
  });

  test('is read only when it is whole', () => {
    const source = JSON.stringify(CUSTOMER);
    expect(models.length).toBeGreaterThanOrEqual(5);
    expect(() => readModel(source.replace('"weight":60', '"weight":61'), 'a')).toThrow(/come to 101/);
    expect(() => readModel(source.replace('"from":40,"to":70', '"from":41,"to":70'), 'a')).toThrow(
      /a score of 40 lies in no band/,
    );
    expect(() => readModel(source.replace('"above":70', '"from":70'), 'a')).toThrow(/70 lies in low and medium/);
  });
});
