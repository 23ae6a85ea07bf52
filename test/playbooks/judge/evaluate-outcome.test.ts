import { describe, expect, it } from 'vitest';
import { evaluateOutcome } from '../../../playbooks/judge/evaluate-outcome.ts';
import { playbookOf, scopeOf, smallPlaybook } from '../fixture.ts';

const data = smallPlaybook();
data.reads.events.renewed = {
  doc: 'renewed',
  fields: { plan: { type: 'string', doc: 'plan' }, until: { type: 'date', doc: 'until' } },
};
data.outcomes = {
  lost: {},
  won: {
    facts: { since: 'after(local_date(journey.trial_end, account.time_zone), "P1M")', seats: 'facts.seats + 1' },
    emits: { event: 'renewed', data: { plan: 'account.plan', until: 'journey.trial_end' } },
  },
};
const playbook = playbookOf(data);
const ended = (at: string, timeZone = 'Europe/Berlin') => {
  const account = { id: 'acme', name: 'Acme', plan: 'starter', timeZone };
  const journey = { id: 'j-1', startedAt: 0, anchors: { trialEnd: Date.parse(at) } };
  return evaluateOutcome(playbook, 'won', scopeOf(playbook, { account, journey, facts: { seats: 3 } }));
};

describe('an outcome', () => {
  it('sets facts and emits an event; a day stays a day of the account', () => {
    expect(ended('2027-01-30T23:00:00Z')).toEqual({
      facts: { since: '2027-02-28', seats: 4 },
      emits: { event: 'renewed', data: { plan: 'starter', until: '2027-01-30T23:00:00.000Z' } },
    });
    expect(ended('2028-01-31T05:00:00Z', 'America/New_York').facts.since).toBe('2028-02-29');
  });

  it('means nothing where the playbook says nothing', () => {
    for (const outcome of ['lost', 'max-age', 'constructor'])
      expect(evaluateOutcome(playbook, outcome, scopeOf(playbook))).toEqual({ facts: {} });
  });

  it('is refused by name when a fact that it needs is missing', () => {
    const bent = smallPlaybook();
    bent.outcomes = { won: { facts: { since: 'after(facts.since, "P1Y")' } }, lost: {} };
    const other = playbookOf(bent);
    expect(() => evaluateOutcome(other, 'won', scopeOf(other))).toThrow(/data-missing/);
  });
});
