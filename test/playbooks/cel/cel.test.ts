import { describe, expect, it } from 'vitest';
import { CelError } from '../../../playbooks/cel/cel-error.ts';
import { compileCel } from '../../../playbooks/cel/compile-cel.ts';
import { evaluateCel, holds } from '../../../playbooks/cel/evaluate-cel.ts';
import type { Scope } from '../../../playbooks/cel/scope.ts';
import { playbookOf, scopeOf, smallPlaybook } from '../fixture.ts';

const playbook = playbookOf(smallPlaybook());
const value = (cel: string, over: Partial<Scope> = {}) =>
  evaluateCel(playbook, compileCel(playbook, cel), scopeOf(playbook, over));
const refusal = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    if (error instanceof CelError) return `${error.code}: ${error.detail}`;
    throw error;
  }
  return 'nothing was refused';
};

describe('expressions', () => {
  it('read absent metrics as 0, absent facts as empty, unset flags as false', () => {
    expect(value('metrics.conversations')).toBe(0);
    expect(value('facts.use_case == "" && facts.seats == 0 && facts.tags.size() == 0 && !flags.used')).toBe(true);
  });

  it('compare and reckon with whole numbers and fractions alike', () => {
    const over = { metrics: { conversations: 3 } };
    expect(
      ['>= 3', '== 3', '<= 3', '< 4', '> 2', '== 3.0', '!= 4'].map((rest) =>
        value(`metrics.conversations ${rest}`, over),
      ),
    ).toEqual(Array(7).fill(true));
    expect(value('metrics.conversations * 2 + 1 - 0.5', over)).toBe(6.5);
    expect(value('metrics.conversations / 2', over)).toBe(1.5);
    expect(value('metrics.conversations >= config.high', { metrics: { conversations: 10 } })).toBe(true);
  });

  it('know anchors, times of flags, and ISO-8601 durations', () => {
    const { startedAt } = scopeOf(playbook).journey;
    expect(value('journey.trial_end')).toBe(new Date(startedAt + 14 * 86_400_000).toISOString());
    expect(value('after(journey.started_at, config.length) == journey.trial_end')).toBe(true);
    expect(
      value('flags.used && times.used <= after(journey.started_at, "PT24H")', {
        flags: { used: startedAt + 86_400_000 },
      }),
    ).toBe(true);
    expect(
      value('flags.used && times.used <= after(journey.started_at, "PT24H")', {
        flags: { used: startedAt + 86_400_001 },
      }),
    ).toBe(false);
    expect(value('days(config.length)')).toBe(14);
  });

  it('add months and years by the calendar, and know the day of an instant in a zone', () => {
    const later = (since: string, by: string) => value(`after(facts.since, "${by}")`, { facts: { since } });
    expect(later('2027-01-31', 'P1M')).toBe('2027-02-28T00:00:00.000Z');
    expect(later('2028-02-29', 'P1Y')).toBe('2029-02-28T00:00:00.000Z');
    expect(later('2027-03-31', '-P1M')).toBe('2027-02-28T00:00:00.000Z');
    expect(later('2027-12-15T10:30:00Z', 'P2M3DT4H')).toBe('2028-02-18T14:30:00.000Z');
    const now = Date.parse('2027-03-01T03:00:00Z');
    expect(value('local_date(now, "America/New_York")', { now })).toBe('2027-02-28T00:00:00.000Z');
  });

  it('read the health of the account; what is not scored is neither above nor below anything', () => {
    const health = { model: '002.health.score', score: 46, band: 'high' };
    expect(
      value('health.score < 70 && health.band == "high" && health.model == plan.health', {
        account: { id: 'a', name: 'A', plan: 'starter', timeZone: 'UTC' },
        health: { drivers: [], trend: 0, improvingWeeks: 0, ...health },
      }),
    ).toBe(true);
    for (const cel of ['health.score < 70', 'health.score >= 70', 'health.band == "high"'])
      expect(value(cel)).toBe(false);
    expect(value('health.score')).toBeNull();
  });

  it('know which onboarding and health model go with the plan', () => {
    const account = { id: 'a', name: 'A', plan: 'team', timeZone: 'UTC' };
    expect(value('plan.onboarding == "002.onboarding.starter" && plan.health == "000.health-score"', { account })).toBe(
      true,
    );
    expect(value('plan.onboarding')).toBe('');
  });

  it('make money, plans and links that lead back to journey and step', () => {
    expect(value('money(plan_named("professional").price_minor * (100.0 - config.percent) / 100.0)')).toEqual({
      amount: 2450,
      currency: 'USD',
    });
    expect(value('plan.title')).toBe('Trial');
    expect(value('link(journey, "upgrade")', { step: 'offer' })).toBe(
      'https://app.example.com/upgrade?journey=j-1&step=offer',
    );
    expect(value('link(journey, "upgrade", "other")', { facts: { app_url: 'https://x.example/app' } })).toBe(
      'https://x.example/app/upgrade?journey=j-1&step=other',
    );
    expect(value('page(journey, "../../evil")')).toBe('https://app.example.com/..%2F..%2Fevil');
    expect(value('page(journey, "setup")', { facts: { app_url: 'javascript:alert(1)' } })).toBe(
      'https://app.example.com/setup',
    );
  });

  it('know what to show an account of its industry, and of any other', () => {
    const pack = (industry?: string) => {
      const account = { id: 'a', name: 'A', plan: 'trial', timeZone: 'UTC', ...(industry ? { industry } : {}) };
      return ['assistant_template', 'sample_question', 'peer_story'].map((name) =>
        value(`industry_pack(account.industry).${name}`, { account }),
      );
    };
    const other = [
      'Question and answer assistant',
      'What are your opening hours?',
      'Most teams begin with the one question that comes up every day.',
    ];
    expect(pack('retail')).toEqual([
      'Returns assistant',
      'How do I return a pair of shoes?',
      'Shops begin with returns, and add product advice before the season.',
    ]);
    for (const unknown of ['fishing', '__proto__', undefined]) expect(pack(unknown)).toEqual(other);
    expect(refusal(() => compileCel(playbook, 'industry_pack(account.industry).price'))).toMatch(/^invalid-expression/);
  });

  it('carry lists and dates as plain data', () => {
    expect(value('["a"] + facts.tags', { facts: { tags: ['b'] } })).toEqual(['a', 'b']);
    expect(value('facts.since', { facts: { since: '2026-01-02T03:04:05Z' } })).toBe('2026-01-02T03:04:05.000Z');
  });

  it.each([
    ['metrics.bogus > 1', 'unknown name "metrics.bogus"'],
    ['bogus == 1', 'unknown name "bogus"'],
    ['facts.industry == ""', 'unknown name "facts.industry"'],
    ['config.none', 'unknown name "config.none"'],
    ['journey.renewal', 'unknown name "journey.renewal"'],
    ['facts.use_case + 1', 'no such overload: string + int'],
    ['facts.use_case.matches("(a+)+$")', 'matches() is not allowed'],
    ['process.exit()', 'unknown name "process"'],
  ])('are refused before they run: %s', (cel, detail) => {
    expect(refusal(() => compileCel(playbook, cel))).toBe(`invalid-expression: ${detail}`);
  });

  it('are refused when they do not parse or are too large', () => {
    expect(refusal(() => compileCel(playbook, '1 +'))).toMatch(/^invalid-expression/);
    expect(refusal(() => compileCel(playbook, Array(600).fill('1').join('+')))).toMatch(/^invalid-expression/);
    expect(refusal(() => compileCel(playbook, '('.repeat(100) + '1' + ')'.repeat(100)))).toMatch(/^invalid-expression/);
  });

  it('are data errors when data is missing or of another type, and never quote it', () => {
    expect(refusal(() => value('facts.since'))).toBe('data-missing: No such key: since');
    expect(refusal(() => value('facts.seats > 1', { facts: { seats: 'Ada Lovelace' } }))).toBe(
      'data-missing: fact seats is no number',
    );
    expect(refusal(() => value('plan.title', { account: { ...scopeOf(playbook).account, plan: 'Ada' } }))).toBe(
      'data-missing: unknown plan',
    );
    expect(
      refusal(() => value('plan_named(facts.use_case).title', { facts: { use_case: 'Ada Lovelace' } })),
    ).not.toContain('Ada');
    expect(refusal(() => holds(playbook, 'facts.use_case', scopeOf(playbook)))).toBe(
      'evaluation-failed: is no yes or no',
    );
  });

  it('give the same for the same scope, whatever ran before', () => {
    const scope = scopeOf(playbook, { metrics: { conversations: 7 } });
    const compiled = compileCel(playbook, 'metrics.conversations > 5 && now >= journey.started_at');
    expect([1, 2, 3].map(() => evaluateCel(playbook, compiled, scope))).toEqual([true, true, true]);
    expect(compileCel(playbook, compiled.expression)).toBe(compiled);
  });
});
