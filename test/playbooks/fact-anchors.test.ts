import { describe, expect, it } from 'vitest';
import { zoneRules } from '../../playbooks/calendar/zone-rules.ts';
import { boundFacts, factAnchors } from '../../playbooks/fact-anchors.ts';
import { prepareProgram } from '../../playbooks/prepare-start.ts';
import { playbookOf, smallPlaybook } from './fixture.ts';

const data = smallPlaybook();
data.anchors.renewal = { fact: 'since' };
const playbook = playbookOf(data);
const zone = zoneRules('America/New_York', Date.UTC(2026, 0, 1));
const dates = (facts: Record<string, unknown>) => factAnchors(playbook, facts, zone);

describe('a date that comes from a fact', () => {
  it('is the first moment of its day in the zone, or its very instant', () => {
    expect(dates({ since: '2027-07-01' })).toEqual({ renewal: Date.parse('2027-07-01T04:00:00Z') });
    expect(dates({ since: '2027-07-01T15:30:00+02:00' })).toEqual({ renewal: Date.parse('2027-07-01T13:30:00Z') });
    expect(boundFacts(playbook)).toEqual(['since']);
  });

  it.each([
    ['missing', {}, 'fact-missing'],
    ['taken away', { since: null }, 'fact-missing'],
    ['no date', { since: 'soon' }, 'invalid-date'],
    ['a number', { since: 5 }, 'invalid-date'],
    ['out of range', { since: '1812-01-01' }, 'invalid-date'],
  ])('is refused by the name of the fact when it is %s', (_what, facts, code) => {
    expect(() => dates(facts)).toThrow(expect.objectContaining({ code, details: { fact: 'since' } }));
  });
});

describe('what a journey goes over to', () => {
  it('takes along those of its options that exist there and fit', () => {
    const of = { playbook, version: 2, facts: { since: '2027-07-01' }, zone };
    const { timetable, anchors } = prepareProgram({ ...of, options: { length: 'P20D', percent: 1000, gone: true } });
    expect(timetable).toMatchObject({
      version: 2,
      anchors: { trialEnd: { offset: { days: 20 } }, renewal: { given: true } },
    });
    expect(anchors).toEqual({ renewal: Date.parse('2027-07-01T04:00:00Z') });
  });
});
