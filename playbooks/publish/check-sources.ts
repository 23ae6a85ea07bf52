import type { DueSpec, Playbook } from '../../workflows/contracts/playbook.ts';
import type { PlaybookProblem } from './parse-playbook.ts';

/** Everything that a due may count from. */
export const sourcesOf = (playbook: Playbook): Set<string> =>
  new Set([
    'start',
    'stage',
    ...Object.keys(playbook.anchors),
    ...Object.keys(playbook.flags).map((flag) => `flag:${flag}`),
    ...playbook.stages.flatMap((stage) => stage.steps.map((step) => `step:${step.id}`)),
  ]);

/** What a due names that is not there. */
export function dueProblems(playbook: Playbook, path: string, spec: DueSpec | undefined): PlaybookProblem[] {
  if (spec === undefined) return [];
  const due = typeof spec === 'string' ? { from: 'start', after: spec } : spec;
  const window =
    'window' in due && due.window !== undefined && due.window !== 'none' ? [due.window.from, due.window.to] : [];
  const figures = [due.after, 'at' in due ? due.at : undefined, ...window];
  return [
    ...(sourcesOf(playbook).has(due.from)
      ? []
      : [{ path, message: `counts from "${due.from}", which is no anchor or step, nor a flag` }]),
    ...figures
      .filter((one) => one?.startsWith('$') && !Object.hasOwn(playbook.config, one.slice(1)))
      .map((one) => ({ path, message: `names the unknown config entry "${one!.slice(1)}"` })),
  ];
}
