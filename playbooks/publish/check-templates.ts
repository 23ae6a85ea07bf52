import { commonVariables } from '../../activities/render/template-schema.ts';
import type { CompiledTemplate, TemplateVariable } from '../../activities/render/template-schema.ts';
import { BROADCAST_VARIABLES } from '../../workflows/contracts/incidents.ts';
import type { Playbook, StepSpec } from '../../workflows/contracts/playbook.ts';
import { CelError } from '../cel/cel-error.ts';
import { compileCel } from '../cel/compile-cel.ts';
import { TIMESTAMP } from '../cel/field-types.ts';
import type { PlaybookProblem } from './parse-playbook.ts';

const FITS: Record<TemplateVariable['type'], string[]> = {
  string: ['string'],
  number: ['double', 'int'],
  money: ['Money'],
  date: [TIMESTAMP, 'string'],
  url: ['string'],
  list: ['list<string>', 'list<dyn>'],
};

/** Templates that are not there, fit another channel or class, lack a variable they need, or get one they do not know. */
export function templateProblems(playbook: Playbook, templates: CompiledTemplate[]): PlaybookProblem[] {
  const used = new Set<string>();
  const problems = playbook.stages.flatMap((stage, i) =>
    stage.steps.flatMap((step, k) => {
      const path = `stages[${i}].steps[${k}]`;
      const ways = step.variants
        ? step.variants.flatMap((v, n) =>
            v.silent === undefined
              ? [{ at: `${path}.variants[${n}]`, template: v.template ?? step.template, own: v.data ?? {} }]
              : [],
          )
        : [{ at: path, template: step.template, own: {} }];
      return ways.flatMap(({ at, template: id, own }) => {
        if (id === undefined) return [];
        used.add(id);
        const major = majorOf(playbook, id);
        const template = templates.find((one) => one.id === id && one.major === major);
        if (!template) return [{ path: `${at}.template`, message: `there is no template "${id}" of major ${major}` }];
        return [...fitProblems(step, template, `${at}.template`), ...dataProblems(playbook, step, own, template, at)];
      });
    }),
  );
  for (const id of Object.keys(playbook.templates))
    if (!used.has(id)) problems.push({ path: `templates.${id}`, message: 'is used by no step' });
  return problems;
}

/** The major of a template that this playbook has pinned. */
export const majorOf = (playbook: Playbook, template: string): number => playbook.templates[template] ?? 1;

function fitProblems(step: StepSpec, template: CompiledTemplate, path: string): PlaybookProblem[] {
  return [
    ...(template.channel === step.channel
      ? []
      : [
          {
            path,
            message: `"${template.id}" is for ${template.channel}, the step for ${step.channel ?? 'no channel'}`,
          },
        ]),
    // Of e-mail only: the class decides there whether the mail must carry an unsubscribe link.
    ...(step.channel !== 'email' || (template.class === 'marketing') === (step.class === 'marketing')
      ? []
      : [{ path, message: `"${template.id}" is written as ${template.class}, the step sends it as ${step.class}` }]),
  ];
}

function dataProblems(
  playbook: Playbook,
  step: StepSpec,
  own: Record<string, string>,
  template: CompiledTemplate,
  at: string,
): PlaybookProblem[] {
  const data = { ...step.data, ...own };
  const ofItself: readonly string[] = step.kind === 'broadcast' ? BROADCAST_VARIABLES : [];
  const missing = Object.entries(template.variables)
    .filter(([name, variable]) => variable.required && !Object.hasOwn(data, name) && !ofItself.includes(name))
    .map(([name]) => ({ path: `${at}.data`, message: `lacks "${name}", which template "${template.id}" needs` }));
  const given = Object.entries(data).flatMap(([name, cel]) => {
    const path = `${at}.data.${name}`;
    const variable = Object.hasOwn(template.variables, name) ? template.variables[name] : undefined;
    if (variable) return typeProblems(playbook, cel, variable, path);
    return Object.hasOwn(commonVariables, name)
      ? [{ path, message: 'is a common variable, which every message has' }]
      : [{ path, message: `template "${template.id}" has no such variable` }];
  });
  return [...missing, ...given];
}

function typeProblems(playbook: Playbook, cel: string, variable: TemplateVariable, path: string): PlaybookProblem[] {
  try {
    const { type } = compileCel(playbook, cel);
    return type === 'dyn' || FITS[variable.type].includes(type)
      ? []
      : [{ path, message: `gives ${type}, the template takes a ${variable.type}` }];
  } catch (error) {
    // Reported where expressions are checked.
    if (error instanceof CelError) return [];
    throw error;
  }
}
