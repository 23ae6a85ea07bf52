import type { Scope } from '../../playbooks/cel/scope.ts';
import type { ContactRow, TouchFacts } from '../../db/queries/touches/load-touch.ts';
import type { DeliverInput } from '../../workflows/contracts/journey.ts';
import { configOf } from './config.ts';
import type { StepContext } from './context.ts';

/** What a step's expressions may read, at this attempt. */
export function scopeOf(
  c: StepContext,
  input: DeliverInput,
  loaded: TouchFacts & { account: NonNullable<TouchFacts['account']> },
  contact: ContactRow | undefined,
  now: number,
): Scope {
  const { account } = loaded;
  const went = Object.entries(input.state.steps).filter(
    ([, s]) => s.at !== undefined && s.outcome !== 'skipped' && s.outcome !== 'dropped',
  );
  return {
    account: {
      id: account.id,
      name: account.name,
      plan: account.plan,
      timeZone: account.timeZone,
      industry: account.industry,
    },
    facts: account.facts,
    metrics: Object.fromEntries(loaded.metrics.map((m) => [m.name, m.value])),
    flags: input.state.flags,
    config: configOf(c),
    contact: contact ? { firstName: contact.name?.trim().split(/\s+/)[0] ?? null, role: contact.role } : null,
    journey: { id: input.journeyId, startedAt: input.state.startedAt, anchors: input.state.anchors },
    sent: Object.fromEntries(went.map(([step, s]) => [step, s.at!])),
    offered: Object.fromEntries(went.flatMap(([step, s]) => (s.offer === undefined ? [] : [[step, s.offer]]))),
    step: input.step,
    offer: null,
    now,
  };
}
