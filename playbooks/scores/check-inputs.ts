import { TenureError } from '../../workflows/contracts/errors.ts';
import type { Input, ScoreModel } from './model-schema.ts';

/** What an input may be: null and absent are unknown, `n/a` does not concern the account. */
export type InputValue = number | string | boolean | null;
export type Inputs = Record<string, InputValue>;
export const NOT_APPLICABLE = 'n/a';

/** A category's own score, given whole in place of its sub-metrics. */
const WHOLE: Input = {
  doc: 'The score of the whole category, in place of its sub-metrics.',
  unit: '0–100',
  type: 'number',
  range: [0, 100],
};

/** Every input that a model reads, with the categories that may be given whole. */
export function inputsOf(model: ScoreModel): Record<string, Input> {
  const whole =
    model.structure.kind === 'weighted'
      ? Object.fromEntries(Object.keys(model.structure.categories).map((name) => [name, WHOLE]))
      : {};
  return { ...model.inputs, ...whole };
}

/** Refuses inputs that the model does not read, of another type or out of range, all at once: TenureError `invalid-request`. */
export function checkInputs(model: ScoreModel, given: unknown): Inputs {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new TenureError('invalid-request', 'The inputs must be an object: the name of each input and its value.', {
      errors: [{ pointer: '', detail: 'must be an object' }],
    });
  const known = inputsOf(model);
  const errors = Object.entries(given).flatMap(([name, value]) => {
    const input = Object.hasOwn(known, name) ? known[name] : undefined;
    const detail = input ? problemOf(input, value) : 'unknown input';
    return detail === undefined ? [] : [{ pointer: `/${name}`, detail }];
  });
  if (model.structure.kind === 'weighted')
    for (const [name, { metrics }] of Object.entries(model.structure.categories)) {
      const both = isGiven(given, name) ? Object.keys(metrics).filter((metric) => isGiven(given, metric)) : [];
      if (both.length > 0)
        errors.push({ pointer: `/${name}`, detail: `given whole and by ${both.join(', ')}: only one may be` });
    }
  if (errors.length === 0) return given as Inputs;
  const unknown = errors.some(({ detail }) => detail === 'unknown input');
  throw new TenureError(
    'invalid-request',
    [
      ...errors.map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`),
      ...(unknown ? [`${model.id} reads ${Object.keys(known).join(', ')}`] : []),
    ].join('; '),
    { errors },
  );
}

const isGiven = (given: object, name: string) => {
  const value = (given as Inputs)[name];
  return value !== undefined && value !== null;
};

/** Why an input cannot be that, in words; undefined when it can. */
export function problemOf(input: Input, value: unknown): string | undefined {
  if (value === null) return undefined;
  if (value === NOT_APPLICABLE && input.notApplicable) return undefined;
  if (typeof value === 'string' && input.words?.includes(value)) return undefined;
  const fits =
    input.type === 'boolean'
      ? typeof value === 'boolean'
      : input.type !== 'enum' && typeof value === 'number' && Number.isFinite(value);
  if (!fits) return `must be ${described(input)}`;
  if (typeof value !== 'number') return undefined;
  if (input.type === 'integer' && !Number.isInteger(value)) return 'must be a whole number';
  const [from, to] = input.range ?? [-Infinity, Infinity];
  return value < from || value > to ? `must lie between ${from} and ${to}` : undefined;
}

/** What an input may be, in words. */
export function described(input: Input): string {
  const words = [...(input.words ?? []), ...(input.notApplicable ? [NOT_APPLICABLE] : [])];
  if (input.type === 'enum') return `one of ${words.join(', ')}`;
  if (input.type === 'boolean') return 'true or false';
  const number = input.type === 'integer' ? 'a whole number' : 'a number';
  const range = input.range ? ` from ${input.range[0]} to ${input.range[1]}` : '';
  return `${number}${range}${words.length > 0 ? ` or ${words.join(', ')}` : ''}`;
}
