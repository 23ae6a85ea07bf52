import { beforeAll, describe, expect, it } from 'vitest';
import { readShipped } from '../../../playbooks/publish/read-shipped.ts';
import type { Playbook } from '../../../workflows/contracts/playbook.ts';
import type { Entry } from '../../../workers/rehearse/entries.ts';
import { readPersona } from '../../../workers/rehearse/persona.ts';
import { rehearse } from '../../../workers/rehearse/rehearse.ts';
import { testGround } from '../../support/ground.ts';

let playbook: Playbook;
beforeAll(async () => {
  playbook = await readShipped('000.business-incident');
});

const live = async (persona: Record<string, unknown>) =>
  rehearse(await testGround(), playbook, readPersona({ start: '2026-03-02T09:00:00.000Z', ...persona }, playbook));

const told = (entries: Entry[]) =>
  entries
    .filter((e) => e.outcome !== 'skipped')
    .map((e) => [e.offset, e.step, e.outcome, e.kind === 'escalation' ? e.reason : null].filter(Boolean).join(' '));

const done = (step: string, items: string[], hours: number) =>
  items.map((item, i) => ({ after: `PT${hours + i}H`, step, what: 'completed', item }));

describe('000.business-incident', () => {
  it('engages an executive for a customer in hours, and ends when the decision is recorded', async () => {
    const step = 'customer-escalation';
    const { entries, outcome } = await live({
      class: 'customer-escalation',
      facts: [
        ...done(step, ['engage-executive', 'agree-plan', 'name-owner'], 1),
        { after: 'P1D', step: `${step}-decision`, what: 'completed' },
      ],
    });
    expect(told(entries)).toEqual([
      'PT0S customer-escalation sent',
      'PT2H customer-escalation/level-1 escalated executive',
      'PT3H customer-escalation completed',
      'PT3H customer-escalation-decision sent',
      'P1D customer-escalation-decision completed',
    ]);
    expect(entries.filter((e) => e.reason === 'another-class')).toHaveLength(3);
    expect(outcome).toBe('completed');
  });

  it.each([
    ['competitive-threat', ['plan-response', 'differentiation-strategy']],
    ['financial-issue', ['adjust-budget', 'reallocate-resources']],
  ])('leads a %s through its own checklist', async (step, items) => {
    const { entries, outcome } = await live({
      class: step,
      facts: [...done(step, items, 2), { after: 'PT9H', step: `${step}-decision`, what: 'completed' }],
    });
    expect(told(entries)).toEqual([
      `PT0S ${step} sent`,
      `PT3H ${step} completed`,
      `PT3H ${step}-decision sent`,
      `PT9H ${step}-decision completed`,
    ]);
    expect(outcome).toBe('completed');
  });

  it('goes wrong throughout: counsel never answers, and it climbs to the chief executive twice', async () => {
    const { entries, outcome } = await live({ class: 'legal-compliance' });
    expect(told(entries)).toEqual([
      'PT0S legal-compliance sent',
      'PT12H legal-compliance/level-1 escalated legal-counsel',
      'P1D legal-compliance/level-2 escalated chief-executive',
      'P30D legal-compliance missed',
      'P30D legal-compliance-decision sent',
      'P31D legal-compliance-decision/level-1 escalated chief-executive',
      'P90D legal-compliance-decision missed',
    ]);
    expect(outcome).toBe('completed');
  });
});
