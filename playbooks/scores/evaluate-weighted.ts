import { NOT_APPLICABLE } from './check-inputs.ts';
import type { InputValue, Inputs } from './check-inputs.ts';
import type { Contribution, Score } from './evaluate-score.ts';
import { within } from './model-schema.ts';
import type { ModelMetric, ScoreModel, WeightedModel } from './model-schema.ts';

type Part = { metric: string; value: InputValue; parts: number; level: number };
type Scored = { weight: number; parts: Part[] };

/** Decimal fractions do not add up exactly in binary: what is off by less than this is not a difference. */
const GRAIN = 1e9;
const settled = (value: number) => Math.round(value * GRAIN) / GRAIN;

/** A weighted sum: what is unknown is spread inside its category, a category of which nothing is known over the others. */
export function evaluateWeighted(model: WeightedModel, inputs: Inputs): Omit<Score, 'model' | 'version'> {
  let known = 0;
  let counted = 0;
  const scored: Scored[] = [];
  for (const [name, { weight, metrics }] of Object.entries(model.structure.categories)) {
    const whole = inputs[name];
    if (typeof whole === 'number') {
      scored.push({ weight, parts: [{ metric: name, value: whole, parts: 1, level: whole }] });
      known += weight;
      counted += weight;
      continue;
    }
    const all = Object.values(metrics).reduce((sum, metric) => sum + metric.parts, 0);
    const parts: Part[] = [];
    for (const [id, metric] of Object.entries(metrics)) {
      const value = inputs[id] ?? null;
      if (value === NOT_APPLICABLE) continue;
      counted += (weight * metric.parts) / all;
      const level = pointsFor(metric, value, inputs);
      if (level === undefined) continue;
      known += (weight * metric.parts) / all;
      parts.push({ metric: id, value, parts: metric.parts, level });
    }
    if (parts.length > 0) scored.push({ weight, parts });
  }
  if (scored.length === 0) return { score: null, band: null, confidence: 0, contributions: [] };
  const total = scored.reduce((sum, category) => sum + category.weight, 0);
  const contributions: Contribution[] = [];
  let sum = 0;
  for (const { weight, parts } of scored) {
    const whole = parts.reduce((all, part) => all + part.parts, 0);
    sum += (weight * parts.reduce((all, part) => all + part.parts * part.level, 0)) / whole / total;
    for (const { metric, value, parts: own, level } of parts) {
      const share = (weight * own) / whole / total;
      contributions.push({ metric, value, weight: settled(share), points: settled(share * level) });
    }
  }
  const score = model.structure.rounding === 'half-up' ? Math.round(settled(sum)) : settled(sum);
  return { score, band: bandOf(model, score), confidence: settled(known / counted), contributions };
}

/** The band of a score; a model that rounds does so first. */
export function bandOf(model: ScoreModel, score: number): string {
  const rounds = model.structure.kind === 'weighted' && model.structure.rounding === 'half-up';
  const compared = rounds ? Math.round(settled(score)) : score;
  const band = model.bands.find((one) => within(one, compared));
  if (!band) throw new RangeError(`${model.id} has no band for ${score}`);
  return band.id;
}

function pointsFor(metric: ModelMetric, value: InputValue, inputs: Inputs): number | undefined {
  if (value === null) return undefined;
  if (typeof value === 'number') return interpolate(metric, value);
  const { notBefore } = metric;
  if (notBefore?.words.includes(String(value))) {
    const day = inputs[notBefore.input];
    if (typeof day === 'number' && day < notBefore.day) return undefined;
  }
  return metric.judged?.[String(value)];
}

/** Linear between the points, flat beyond them; at a jump the edge is the side's that `jump` names. */
function interpolate({ points = [], jump }: ModelMetric, value: number): number {
  const first = points[0]!;
  const last = points.at(-1)!;
  if (value < first[0]) return first[1];
  if (value > last[0]) return last[1];
  const at = points.filter(([x]) => x === value);
  if (at.length > 0) return (jump === 'upper' ? at.at(-1)! : at[0]!)[1];
  const i = points.findIndex(([x]) => x > value);
  const [x0, y0] = points[i - 1]!;
  const [x1, y1] = points[i]!;
  return y0 + ((value - x0) / (x1 - x0)) * (y1 - y0);
}

/** The name of a metric's level by its threshold table, undefined where it is unknown or the table has none. */
export function levelOf(metric: ModelMetric, value: InputValue): string | undefined {
  if (value === null || value === NOT_APPLICABLE) return undefined;
  if (typeof value === 'number') return metric.levels?.find((level) => within(level, value))?.level;
  return metric.levels?.find((level) => level.words?.includes(String(value)))?.level ?? String(value);
}
