import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { CelError } from '../cel/cel-error.ts';
import { compileCel } from '../cel/compile-cel.ts';
import { triggersOf } from '../triggers-of.ts';
import type { PlaybookProblem } from './parse-playbook.ts';

/** Expressions that do not parse, do not type-check against what the playbook reads, or give another type than their place wants. */
export function expressionProblems(playbook: Playbook): PlaybookProblem[] {
  const problems: PlaybookProblem[] = [];
  const steps = new Set(playbook.stages.flatMap((stage) => stage.steps.map((step) => step.id)));
  const check = (path: string, expression: string | undefined, bool: boolean) => {
    if (expression === undefined) return;
    try {
      const compiled = compileCel(playbook, expression);
      if (bool && compiled.type !== 'bool') problems.push({ path, message: `gives ${compiled.type}, not yes or no` });
      for (const { record, field } of compiled.reads)
        if ((record === 'sent' || record === 'offered') && !steps.has(field))
          problems.push({ path, message: `unknown step "${field}"` });
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      problems.push({ path, message: error.detail });
    }
  };
  triggersOf(playbook).forEach((trigger, i) => check(`trigger[${i}].when`, trigger.when, true));
  for (const [name, flag] of Object.entries(playbook.flags)) check(`flags.${name}.initially`, flag.initially, true);
  playbook.offers.forEach((offer, i) => check(`offers[${i}].eligible`, offer.eligible, true));
  playbook.stages.forEach((stage, i) =>
    stage.steps.forEach((step, k) => {
      const path = `stages[${i}].steps[${k}]`;
      check(`${path}.condition`, step.condition, true);
      check(`${path}.met`, step.met, true);
      for (const [name, cel] of Object.entries(step.task?.data ?? {})) check(`${path}.task.data.${name}`, cel, false);
      for (const [name, cel] of Object.entries(step.data)) check(`${path}.data.${name}`, cel, false);
      step.variants?.forEach((variant, n) => {
        check(`${path}.variants[${n}].when`, variant.when, true);
        for (const [name, cel] of Object.entries(variant.data ?? {}))
          check(`${path}.variants[${n}].data.${name}`, cel, false);
      });
    }),
  );
  return problems;
}
