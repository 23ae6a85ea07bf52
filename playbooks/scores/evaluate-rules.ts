import type { InputValue, Inputs } from './check-inputs.ts';
import type { Contribution, Score } from './evaluate-score.ts';
import { within } from './model-schema.ts';
import type { Comparison, Rule, RulesModel } from './model-schema.ts';

/** The first rule that is met gives the band; a comparison with what is unknown is not met. */
export function evaluateRules(model: RulesModel, inputs: Inputs): Omit<Score, 'model' | 'version'> {
  const { needs, rules, otherwise, noBandBefore } = model.structure;
  const value = (name: string): InputValue => inputs[name] ?? null;
  const known = needs.filter((name) => value(name) !== null);
  const confidence = Math.round((known.length / needs.length) * 1e9) / 1e9;
  const age = noBandBefore ? value(noBandBefore.input) : null;
  const tooYoung = typeof age === 'number' && age < noBandBefore!.from;
  const met = rules.find((rule) => isMet(rule, value));
  const band = known.length === 0 || tooYoung ? null : (met?.band ?? otherwise);
  const called = met ? new Set(callers(met, value)) : new Set<string>();
  const grave = model.bands.findIndex(({ id }) => id === band);
  const contributions: Contribution[] = Object.keys(model.inputs)
    .filter((name) => value(name) !== null && name !== noBandBefore?.input)
    .map((name) => {
      const calls = band !== null && called.has(name);
      return { metric: name, value: value(name), weight: calls ? 1 : 0, points: calls ? grave : 0 };
    });
  return { score: null, band, confidence, contributions };
}

type Values = (name: string) => InputValue;

const holds = (comparison: Comparison, value: InputValue): boolean => {
  if (value === null) return false;
  if (comparison.is !== undefined) return value === comparison.is;
  return typeof value === 'number' && within(comparison, value);
};

const isMet = (rule: Rule, value: Values): boolean =>
  (rule.any?.some((one) => holds(one, value(one.input))) ?? true) &&
  (rule.all?.every((one) => holds(one, value(one.input))) ?? true);

const callers = (rule: Rule, value: Values): string[] =>
  [...(rule.any ?? []), ...(rule.all ?? [])].filter((one) => holds(one, value(one.input))).map((one) => one.input);
