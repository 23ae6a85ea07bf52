import type { ConfigValue, Playbook } from '../../workflows/contracts/playbook.ts';

export const TIMESTAMP = 'google.protobuf.Timestamp';

type FieldType = Playbook['reads']['facts'][string]['type'];
/** The CEL type of a declared field. */
export const celTypes: Record<FieldType, string> = {
  string: 'string',
  enum: 'string',
  number: 'double',
  boolean: 'bool',
  date: TIMESTAMP,
  list: 'list<string>',
};

/** The records that expressions read (`facts.`, `metrics.`, …): their fields and CEL types in this playbook. */
export function fieldTypes(playbook: Playbook): Record<string, Record<string, string>> {
  const each = <T>(of: Record<string, T>, type: (one: T) => string) =>
    Object.fromEntries(Object.entries(of).map(([name, one]) => [name, type(one)]));
  return {
    account: { id: 'string', name: 'string', plan: 'string', time_zone: 'string', industry: 'string' },
    contact: { first_name: 'string', role: 'string' },
    plan: planFields,
    health: healthFields,
    facts: each(playbook.reads.facts, (fact) => celTypes[fact.type]),
    metrics: each(playbook.reads.metrics, () => 'double'),
    flags: each(playbook.flags, () => 'bool'),
    times: each(playbook.flags, () => TIMESTAMP),
    config: each(playbook.config, (entry) => typeOfValue(entry.value)),
    journey: {
      id: 'string',
      started_at: TIMESTAMP,
      ...Object.fromEntries(Object.keys(playbook.anchors).map((name) => [snake(name), TIMESTAMP])),
    },
    offer: { id: 'string', title: 'string', expires_at: TIMESTAMP, ...termTypes(playbook) },
  };
}

const healthFields = {
  ...{ score: 'double', band: 'string', model: 'string' },
  ...{ drivers: 'list<string>', trend: 'double', improving_weeks: 'double' },
};

/** A plan: with the ids of its onboarding playbook, health model and renewal playbook. */
export const planFields = {
  ...{ id: 'string', title: 'string', price_minor: 'double', limit: 'double' },
  ...{ onboarding: 'string', health: 'string', renewal: 'string' },
};

/** Terms of all its offers; a term that means a string here and a number there is dynamic. */
function termTypes(playbook: Playbook): Record<string, string> {
  const types: Record<string, string> = {};
  for (const [name, value] of playbook.offers.flatMap((offer) => Object.entries(offer.terms))) {
    const named = typeof value === 'string' && value.startsWith('$') ? playbook.config[value.slice(1)]?.value : value;
    const type = typeOfValue(named ?? '');
    types[name] = (types[name] ?? type) === type ? type : 'dyn';
  }
  return types;
}

function typeOfValue(value: ConfigValue): string {
  if (typeof value === 'number') return 'double';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** `trialEnd` → `trial_end`. */
export const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
