import { checkInputs } from './check-inputs.ts';
import type { InputValue, Inputs } from './check-inputs.ts';
import { evaluateRules } from './evaluate-rules.ts';
import { evaluateWeighted } from './evaluate-weighted.ts';
import type { RulesModel, ScoreModel, WeightedModel } from './model-schema.ts';

/**
 * What one input brought in. Weighted models: `weight` is its part of 1 after what is missing was spread, `points` what it adds to the score
 * (they add up to it before rounding). Models of rules: `weight` is 1 where it called for the band that came out, `points` then how grave that is (0 the best).
 */
export type Contribution = { metric: string; value: InputValue; weight: number; points: number };

/** A score with its explanation. `score` is null for models of rules; `band` too where too little is known. `confidence`: the share, 0 to 1, of what counts that is known. */
export type Score = {
  model: string;
  version: number;
  score: number | null;
  band: string | null;
  confidence: number;
  contributions: Contribution[];
};

/** Scores inputs by a model: pure, and the same for ever for a version. Throws TenureError `invalid-request`. */
export function evaluateScore(model: ScoreModel, given: unknown): Score {
  const inputs: Inputs = checkInputs(model, given);
  const result =
    model.structure.kind === 'weighted'
      ? evaluateWeighted(model as WeightedModel, inputs)
      : evaluateRules(model as RulesModel, inputs);
  return { model: model.id, version: model.version, ...result };
}

/** How grave a band is: 0 the best. Throws a RangeError for one that the model does not have. */
export function gravity(model: ScoreModel, band: string): number {
  const index = model.bands.findIndex(({ id }) => id === band);
  if (index < 0) throw new RangeError(`${model.id} has no band ${band}`);
  return index;
}
