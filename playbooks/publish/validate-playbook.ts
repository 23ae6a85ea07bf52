import { defaultPolicy } from '../../activities/arbiter/policy.ts';
import type { CompiledTemplate } from '../../activities/render/template-schema.ts';
import type { Playbook } from '../../workflows/contracts/playbook.ts';
import { expressionProblems } from './check-expressions.ts';
import { referenceProblems } from './check-references.ts';
import { figureProblems } from './check-figures.ts';
import { noticeProblems } from './check-notices.ts';
import { outcomeProblems } from './check-outcomes.ts';
import { triggerProblems } from './check-triggers.ts';
import type { Surroundings } from './check-triggers.ts';
import { templateProblems } from './check-templates.ts';
import { stepProblems } from './check-steps.ts';
import { compileTimetable } from './compile-timetable.ts';
import type { PlaybookProblem } from './parse-playbook.ts';
import { optionProblem, resolveConfig } from './resolve-config.ts';
import { timetableProblems } from './timetable-problems.ts';

/** Every reason why a parsed playbook cannot be published; empty when it can. `kinds`: of all playbooks that there are, by id. */
export function validatePlaybook(
  playbook: Playbook,
  { templates, kinds, levels = defaultPolicy.levels }: { templates: CompiledTemplate[] } & Partial<Surroundings>,
): PlaybookProblem[] {
  return [
    ...configProblems(playbook),
    ...referenceProblems(playbook),
    ...triggerProblems(playbook, { kinds, levels }),
    ...stepProblems(playbook),
    ...expressionProblems(playbook),
    ...outcomeProblems(playbook),
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
    const config = resolveConfig(playbook);
    const timetable = compileTimetable(playbook, 1, config);
    return [
      ...timetableProblems(timetable),
      ...figureProblems(playbook, config),
      ...noticeProblems(playbook, timetable),
    ];
  } catch (error) {
    if (error instanceof RangeError) return [{ path: 'timetable', message: error.message }];
    throw error;
  }
}
