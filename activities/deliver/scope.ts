import type { Health, Scope } from '../../playbooks/cel/scope.ts';
import type { ContactRow, TouchFacts } from '../../db/queries/touches/load-touch.ts';
import type { DeliverInput } from '../../workflows/contracts/journey.ts';
import { configOf } from './config.ts';
import type { JourneyContext } from './context.ts';

/** What a step's expressions may read, at this attempt. */
export function scopeOf(
  c: JourneyContext,
  input: Pick<DeliverInput, 'journeyId' | 'state'> & { step?: string },
  loaded: TouchFacts & { account: NonNullable<TouchFacts['account']>; health?: Health | null },
  contact: ContactRow | undefined,
  now: number,
): Scope {
  const { account } = loaded;
  const went = Object.entries(input.state.steps).filter(
    ([, s]) => (s.since ?? s.at) !== undefined && s.outcome !== 'skipped' && s.outcome !== 'dropped',
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
    health: loaded.health ?? null,
    flags: input.state.flags,
    config: configOf(c),
    contact: contact ? { firstName: contact.name?.trim().split(/\s+/)[0] ?? null, role: contact.role } : null,
    journey: { id: input.journeyId, startedAt: input.state.startedAt, anchors: input.state.anchors },
    sent: Object.fromEntries(went.map(([step, s]) => [step, (s.since ?? s.at)!])),
    offered: Object.fromEntries(went.flatMap(([step, s]) => (s.offer === undefined ? [] : [[step, s.offer]]))),
    ...(input.step === undefined ? {} : { step: input.step }),
    offer: null,
    now,
  };
}
