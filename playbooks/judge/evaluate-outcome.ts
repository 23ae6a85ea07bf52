import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { compileCel } from '../cel/compile-cel.ts';
import { evaluateCel } from '../cel/evaluate-cel.ts';
import type { CelValue } from '../cel/evaluate-cel.ts';
import type { Scope } from '../cel/scope.ts';

/** What an end means for the account: facts to be set, and an event to be stored. */
export type OutcomeEffects = {
  facts: Record<string, CelValue>;
  emits?: { event: string; data: Record<string, CelValue> };
};

type Fields = Playbook['reads']['facts'];

const MIDNIGHT = /^(\d{4}-\d\d-\d\d)T00:00:00\.000Z$/;

/**
 * Evaluates what an outcome sets and emits; throws CelError for data that is missing or of another type. A date at midnight in UTC
 * is written as a day, which is how facts hold days (`local_date` makes one of an instant).
 */
export function evaluateOutcome(playbook: Playbook, outcome: string, scope: Scope): OutcomeEffects {
  const spec = Object.hasOwn(playbook.outcomes, outcome) ? playbook.outcomes[outcome] : undefined;
  if (!spec) return { facts: {} };
  const each = (cels: Record<string, string>, fields: Fields = {}) =>
    Object.fromEntries(
      Object.entries(cels).map(([name, cel]) => {
        const value = evaluateCel(playbook, compileCel(playbook, cel), scope);
        return [name, fields[name]?.type === 'date' ? dayOf(value) : value];
      }),
    );
  const { facts, emits } = spec;
  return {
    facts: each(facts ?? {}, playbook.reads.facts),
    ...(emits
      ? { emits: { event: emits.event, data: each(emits.data, playbook.reads.events[emits.event]?.fields) } }
      : {}),
  };
}

const dayOf = (value: CelValue): CelValue => (typeof value === 'string' ? (MIDNIGHT.exec(value)?.[1] ?? value) : value);
