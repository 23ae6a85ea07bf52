import { within } from './model-schema.ts';
import type { Comparison, ScoreModel } from './model-schema.ts';

/** What is wrong with a model beyond its form: weights that are no whole, bands that overlap or leave gaps, names that nothing declares. */
export function modelProblems(model: ScoreModel): string[] {
  const problems: string[] = [];
  const { structure, inputs, bands } = model;
  const known = (name: string, where: string) => {
    if (!Object.hasOwn(inputs, name)) problems.push(`${where} reads ${name}, which is no input`);
  };
  const bandIds = new Set(bands.map((band) => band.id));
  if (structure.kind === 'weighted') {
    const categories = Object.entries(structure.categories);
    const sum = categories.reduce((all, [, category]) => all + category.weight, 0);
    if (sum !== 100) problems.push(`the weights of the categories come to ${sum}, not 100`);
    for (const [name, { metrics }] of categories) {
      if (Object.hasOwn(inputs, name)) problems.push(`the category ${name} has the name of an input`);
      for (const [id, metric] of Object.entries(metrics)) {
        known(id, name);
        if (!metric.points && !metric.judged) problems.push(`${id} has neither points nor judged`);
        if (metric.notBefore) known(metric.notBefore.input, id);
        const values = metric.points?.map(([value]) => value) ?? [];
        if (values.some((value, i) => i > 0 && value < values[i - 1]!)) problems.push(`the points of ${id} go back`);
        if (metric.jump === undefined && new Set(values).size < values.length)
          problems.push(`the points of ${id} jump, and nothing says whose the edge is`);
        for (const word of inputs[id]?.words ?? [])
          if (metric.judged?.[word] === undefined) problems.push(`${id} gives no points for ${word}`);
      }
    }
    for (const score of probes(model)) {
      const hit = bands.filter((band) => within(band, score));
      if (hit.length !== 1)
        problems.push(`a score of ${score} lies in ${hit.map((band) => band.id).join(' and ') || 'no band'}`);
    }
  } else {
    const comparisons: Comparison[] = structure.rules.flatMap((rule) => [...(rule.any ?? []), ...(rule.all ?? [])]);
    for (const { input } of comparisons) known(input, 'a rule');
    for (const input of structure.needs) known(input, 'needs');
    if (structure.noBandBefore) known(structure.noBandBefore.input, 'noBandBefore');
    for (const band of [structure.otherwise, ...structure.rules.map((rule) => rule.band)])
      if (!bandIds.has(band)) problems.push(`${band} is no band`);
  }
  return problems;
}

/** Scores at, just below and just above every edge, and both ends of the scale; whole ones where the model rounds. */
function probes(model: ScoreModel): number[] {
  if (model.structure.kind === 'weighted' && model.structure.rounding === 'half-up') return [...Array(101).keys()];
  const edges = model.bands.flatMap(({ above, from, to, below }) => [above, from, to, below]);
  return [0, 100, ...edges.flatMap((edge) => (edge === undefined ? [] : [edge - 1e-6, edge, edge + 1e-6]))];
}
