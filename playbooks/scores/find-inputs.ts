import { ANYTHING } from '../../db/queries/scores/read-figures.ts';
import type { Figures } from '../../db/queries/scores/read-figures.ts';
import { NOT_APPLICABLE, problemOf } from './check-inputs.ts';
import type { InputValue, Inputs } from './check-inputs.ts';
import type { Input, ScoreModel, Source } from './model-schema.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';

/** All that inputs are found in. */
export type Known = {
  plan: string;
  /** Conversations or workflows a month; null: without limit. */
  limit: number | null;
  facts: Record<string, unknown>;
  createdAt: Date;
  figures: Figures;
  now: Date;
};

/** The inputs of a model, as far as the system knows them; one that does not fit the model (a fact of another form) counts as unknown. */
export function findInputs(model: ScoreModel, known: Known): Inputs {
  const inputs: Inputs = {};
  for (const [name, input] of Object.entries(model.inputs)) {
    const value = concerns(input, known) ? find(input, known) : NOT_APPLICABLE;
    if (value !== null && problemOf(input, value) === undefined) inputs[name] = value;
  }
  return inputs;
}

/** Names of the metrics that a model may look for. */
export const metricsOf = (model: ScoreModel): string[] => [
  ...new Set(
    Object.values(model.inputs).flatMap((input) =>
      (input.from ?? []).flatMap((source) => [source.metric, source.per?.metric].filter((name) => name !== undefined)),
    ),
  ),
];

/** Names of the usage that a model may look for. */
export const usageOf = (model: ScoreModel): string[] => [
  ...new Set(
    Object.values(model.inputs).flatMap((input) =>
      (input.from ?? []).flatMap((source) => (source.used && source.used !== ANYTHING ? [source.used] : [])),
    ),
  ),
];

function concerns({ notApplicableWhen: not }: Input, { plan, limit, facts }: Known): boolean {
  if (!not) return true;
  if (not.factFalse !== undefined && typeof facts[not.factFalse] === 'boolean') return facts[not.factFalse] === true;
  return !(not.plans?.includes(plan) || (not.noLimit && limit === null));
}

function find(input: Input, known: Known): InputValue {
  for (const source of input.from ?? []) {
    const value = transform(source, raw(source, known), known);
    if (value !== null) return value;
  }
  return input.otherwise ?? null;
}

type Raw = string | number | boolean | null;

function raw({ metric, fact, used, of, account }: Source, { figures, facts, createdAt, now }: Known): Raw {
  if (metric !== undefined) return figures.metrics.get(metric) ?? null;
  if (fact !== undefined) return scalar(facts[fact]);
  if (account === 'ageDays') {
    const since = typeof facts.subscribed_at === 'string' ? Date.parse(facts.subscribed_at) : NaN;
    return Math.max(0, Math.floor((now.getTime() - (Number.isNaN(since) ? createdAt.getTime() : since)) / DAY_MS));
  }
  if (account !== undefined) return figures.warned[account];
  if (used === undefined) return null;
  // An account of which no use was ever told is unknown; one that used other things has used none of this.
  const any = figures.used.get(ANYTHING);
  if (!any) return null;
  const days = figures.used.get(used);
  if (of === 'change30') return days && days.prior30 > 0 ? (days.sum30 - days.prior30) / days.prior30 : null;
  return days ? days[of ?? 'sum30'] : of === 'idleDays' ? any.idleDays : 0;
}

const scalar = (value: unknown): Raw =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;

function transform(source: Source, value: Raw, known: Known): InputValue {
  if (value === null) return null;
  if (source.words) return typeof value === 'string' ? (source.words[value] ?? null) : null;
  if (typeof value !== 'number') return value;
  const whole = source.per ? wholeOf(source.per, known) : 1;
  if (whole === null || whole <= 0) return null;
  const share = clamp(value / whole, source.within);
  const result = clamp(share * (source.times ?? 1) + (source.plus ?? 0), source.clamp);
  return source.steps ? (source.steps.findLast(([from]) => result >= from)?.[1] ?? null) : result;
}

const clamp = (value: number, [from, to]: [number, number] = [-Infinity, Infinity]) =>
  Math.min(to, Math.max(from, value));

function wholeOf(per: NonNullable<Source['per']>, { limit, facts, figures }: Known): number | null {
  if (per.number !== undefined) return per.number;
  if (per.plan) return limit;
  const value = per.metric !== undefined ? figures.metrics.get(per.metric) : facts[per.fact ?? ''];
  return typeof value === 'number' ? value : null;
}
