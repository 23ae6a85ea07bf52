import { describe, expect, it } from 'vitest';
import { timeline } from '../../../workers/rehearse/persona-driver.ts';
import { personaFacts, readPersona } from '../../../workers/rehearse/persona.ts';
import { playbookOf, smallPlaybook } from '../../playbooks/fixture.ts';

const playbook = playbookOf(smallPlaybook());
const persona = (more: Record<string, unknown> = {}, account: Record<string, unknown> = {}) => ({
  start: '2027-03-01T09:00:00Z',
  account: { plan: 'starter', timeZone: 'UTC', ...account },
  contacts: [{ role: 'primary', email: 'maya@lakeside.example' }],
  ...more,
});
const at = (iso: string) => Date.parse(iso);

describe('a persona', () => {
  it('gives its renewal as facts, beside those of its own', () => {
    const read = readPersona(persona({}, { renewalDate: '2027-06-01', autoRenew: true, seats: 3 }), playbook);
    expect(personaFacts(read)).toEqual({ renewal_date: '2027-06-01', auto_renew: true, seats: 3 });
    expect(personaFacts(readPersona(persona(), playbook))).toEqual({});
  });

  it('is scored in time, and swept a week after a score that may be an improvement', () => {
    const scores = [
      { after: 'PT1H', model: '002.health.score', value: 82 },
      { after: 'P2D', model: '002.health.score', value: 46 },
      { after: 'P9D', model: '002.health.score', value: 75 },
      { after: 'P1D', model: '000.health-score', value: 'red' },
    ];
    const items = timeline(readPersona(persona({ scores }), playbook), playbook);
    expect(items.map((item) => [new Date(item.at).toISOString(), item.t === 'score' ? item.value : item.t])).toEqual([
      ['2027-03-01T10:00:00.000Z', 82],
      ['2027-03-02T09:00:00.000Z', 'red'],
      ['2027-03-03T09:00:00.000Z', 46],
      ['2027-03-08T10:01:00.000Z', 'sweep'],
      ['2027-03-09T09:01:00.000Z', 'sweep'],
      ['2027-03-10T09:00:00.000Z', 75],
      ['2027-03-17T09:01:00.000Z', 'sweep'],
    ]);
  });

  it('may command a migration, approve, edit and reject', () => {
    const commands = [
      { after: 'P1D', command: 'migrate', playbook: '900.other' },
      { after: 'P2D', command: 'edit', step: 'hello', text: 'Other words.' },
      { after: 'P2D', command: 'approve', step: 'hello' },
      { after: 'P3D', command: 'reject', step: 'hello' },
    ];
    const items = timeline(readPersona(persona({ commands }), playbook), playbook);
    expect(items[0]).toEqual({
      ...{ at: at('2027-03-02T09:00:00Z'), t: 'command', command: 'migrate' },
      args: { playbook: '900.other' },
    });
    expect(items).toHaveLength(4);
  });

  it.each([
    ['a fact that is not read', {}, { colour: 'red' }, /fact "colour"/],
    ['a fact that is no value', {}, { seats: { many: true } }, /account\.seats must be/],
    ['a renewal on no day', {}, { renewalDate: 'soon' }, /renewalDate/],
    [
      'months, whose length nobody knows',
      { metrics: [{ after: 'P1M', name: 'x', value: 1 }] },
      {},
      /days, hours and minutes/,
    ],
    ['a score without its model', { scores: [{ after: 'P1D', value: 3 }] }, {}, /scores/],
    ['a command that there is not', { commands: [{ after: 'P1D', command: 'dance' }] }, {}, /"dance"/],
  ])('is refused for %s', (_what, more, account, message) => {
    expect(() => readPersona(persona(more, account), playbook)).toThrow(message);
  });
});
