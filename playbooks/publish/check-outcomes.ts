import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { CelError } from '../cel/cel-error.ts';
import { compileCel } from '../cel/compile-cel.ts';
import { celTypes } from '../cel/field-types.ts';
import type { PlaybookProblem } from './parse-playbook.ts';

type Field = Playbook['reads']['facts'][string];

/** Facts and events of its outcomes that nobody could read, or that are of another type than declared. */
export function outcomeProblems(playbook: Playbook): PlaybookProblem[] {
  const problems: PlaybookProblem[] = [];
  const value = (path: string, cel: string, field: Field | undefined, unknown: string) => {
    if (!field) problems.push({ path, message: unknown });
    const type = typeOf(playbook, cel);
    if (typeof type !== 'string') problems.push({ path, message: type.problem });
    else if (field && type !== 'dyn' && !fitting(field).includes(type))
      problems.push({ path, message: `gives ${type}, not ${field.type}` });
  };
  for (const [id, { facts, emits }] of Object.entries(playbook.outcomes)) {
    for (const [name, cel] of Object.entries(facts ?? {}))
      value(`outcomes.${id}.facts.${name}`, cel, own(playbook.reads.facts, name), `names the unknown fact "${name}"`);
    if (!emits) continue;
    const event = own(playbook.reads.events, emits.event);
    if (!event)
      problems.push({
        path: `outcomes.${id}.emits.event`,
        message: `names the event "${emits.event}", which reads.events does not have`,
      });
    for (const [name, cel] of Object.entries(emits.data)) {
      const unknown = `names the unknown field "${name}" of ${emits.event}`;
      value(`outcomes.${id}.emits.data.${name}`, cel, event && own(event.fields, name), unknown);
    }
  }
  return problems;
}

function own<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** A date may be given as text, a number as an integer. */
const fitting = (field: Field): string[] => [
  celTypes[field.type],
  ...(field.type === 'date' ? ['string'] : field.type === 'number' ? ['int'] : []),
];

function typeOf(playbook: Playbook, cel: string): string | { problem: string } {
  try {
    return compileCel(playbook, cel).type;
  } catch (error) {
    if (error instanceof CelError) return { problem: error.detail };
    throw error;
  }
}
