import { stringify } from 'yaml';
import { parsePlaybook } from '../../playbooks/publish/parse-playbook.ts';
import { resolveConfig } from '../../playbooks/publish/resolve-config.ts';
import type { Scope } from '../../playbooks/cel/scope.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';

/** A whole small playbook as data, for a test to bend. */
export const smallPlaybook = () => ({
  id: '900.small',
  kind: 'trial',
  title: 'Small',
  summary: 'For tests.',
  fulfils: ['002.trial'],
  trigger: { event: 'begun' },
  config: {
    length: { value: 'P14D', doc: 'length' },
    opens: { value: '09:00', doc: 'window' },
    high: { value: 10, min: 0, max: 100, doc: 'threshold' },
    percent: { value: 50, min: 0, max: 100, doc: 'discount' },
    notice: { value: false, doc: 'switch' },
  } as Record<string, unknown>,
  reads: {
    facts: {
      use_case: { type: 'string', doc: 'use' },
      seats: { type: 'number', doc: 'seats' },
      since: { type: 'date', doc: 'date' },
      tags: { type: 'list', doc: 'tags' },
    } as Record<string, unknown>,
    metrics: { conversations: { unit: 'conversations', doc: 'total' } },
    events: {
      begun: { doc: 'starts' },
      bought: {
        doc: 'buys',
        fields: { plan: { type: 'enum', values: ['starter'], doc: 'plan' }, note: { type: 'string', doc: 'text' } },
      },
    } as Record<string, unknown>,
  },
  flags: { used: { doc: 'used' } } as Record<string, unknown>,
  anchors: { trialEnd: { from: 'start', after: '$length' } } as Record<string, unknown>,
  window: { from: '$opens', to: '18:00' },
  extend: { anchor: 'trialEnd', max: 'P28D' },
  reactions: [
    { event: 'begun', set: 'used' },
    { event: 'bought', where: { plan: 'starter' }, end: { how: 'goal', outcome: 'won' } },
  ] as Record<string, unknown>[],
  end: { at: { from: 'trialEnd' }, outcomes: [{ outcome: 'lost' }] } as Record<string, unknown> | undefined,
  outcomes: { won: {}, lost: {} } as Record<string, unknown>,
  offers: [{ id: 'half', title: 'Half', terms: { percent: '$percent' }, extendsBy: '$length' }] as Record<
    string,
    unknown
  >[],
  stages: [{ id: 'only', title: 'Only', enter: 'journey', steps: [step({ id: 'hello' })] }] as {
    id: string;
    title: string;
    enter?: string;
    end?: unknown;
    steps: Record<string, unknown>[];
  }[],
});

/** A message of the small playbook. */
export function step(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'step',
    kind: 'message',
    title: 'Step',
    due: 'P1D',
    channel: 'in-app',
    class: 'service',
    template: 'trial_team_setup',
    ...over,
  };
}

/** Parses data as a playbook; throws when the schema refuses it. */
export function playbookOf(data: unknown): Playbook {
  const parsed = parsePlaybook(stringify(data));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.playbook;
}

/** A scope of an account that has done nothing yet. */
export function scopeOf(playbook: Playbook, over: Partial<Scope> = {}): Scope {
  const startedAt = Date.UTC(2026, 2, 2, 10);
  return {
    account: { id: 'acme', name: 'Acme', plan: 'trial', timeZone: 'Europe/Berlin', industry: 'dental care' },
    facts: {},
    metrics: {},
    flags: {},
    config: resolveConfig(playbook),
    contact: { firstName: 'Ada', role: 'primary' },
    journey: { id: 'j-1', startedAt, anchors: { trialEnd: startedAt + 14 * 86_400_000 } },
    now: startedAt,
    ...over,
  };
}
