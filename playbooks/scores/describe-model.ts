import { described, inputsOf } from './check-inputs.ts';
import type { ScoreModel } from './model-schema.ts';

/** A model for people: what it reads and what that may be, how it is weighed, and its bands with their edges. */
export function describeModel(model: ScoreModel) {
  const { id, version, title, summary, structure, bands } = model;
  const inputs = Object.fromEntries(
    Object.entries(inputsOf(model)).map(([name, input]) => [
      name,
      { doc: input.doc, unit: input.unit, value: described(input), ...(input.range ? { range: input.range } : {}) },
    ]),
  );
  const known =
    'An input that is absent or null is unknown; what is known is made whole, and confidence says how much that was.';
  return { model: id, version, title, summary, missing: known, inputs, structure, bands };
}
