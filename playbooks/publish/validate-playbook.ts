import type { CompiledTemplate } from '../../activities/render/template-schema.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { expressionProblems } from './check-expressions.ts';
import { referenceProblems } from './check-references.ts';
import { templateProblems } from './check-templates.ts';
import { stepProblems } from './check-steps.ts';
import { compileTimetable } from './compile-timetable.ts';
import type { PlaybookProblem } from './parse-playbook.ts';
import { optionProblem, resolveConfig } from './resolve-config.ts';
import { timetableProblems } from './timetable-problems.ts';

/** Every reason why a parsed playbook cannot be published; empty when it can. */
export function validatePlaybook(
  playbook: Playbook,
  { templates }: { templates: CompiledTemplate[] },
): PlaybookProblem[] {
  return [
    ...configProblems(playbook),
    ...referenceProblems(playbook),
    ...stepProblems(playbook),
    ...expressionProblems(playbook),
    ...templateProblems(playbook, templates),
    ...timing(playbook),
  ];
}

function configProblems(playbook: Playbook): PlaybookProblem[] {
  return Object.entries(playbook.config).flatMap(([name, entry]) => {
    const wrong = optionProblem(entry, entry.value);
    return wrong ? [{ path: `config.${name}.value`, message: wrong }] : [];
  });
}

function timing(playbook: Playbook): PlaybookProblem[] {
  try {
    return timetableProblems(compileTimetable(playbook, 1, resolveConfig(playbook)));
  } catch (error) {
    if (error instanceof RangeError) return [{ path: 'timetable', message: error.message }];
    throw error;
  }
}
