import type { Playbook, StepSpec } from '../../workflows/contracts/playbook.ts';
import type { StepOutcome } from '../../workflows/contracts/journey.ts';
import { kindProblems } from './check-kinds.ts';
import type { PlaybookProblem } from './parse-playbook.ts';

/** Steps that could never come, never end, or say something that their kind cannot do; stages and journeys without an end. */
export function stepProblems(playbook: Playbook): PlaybookProblem[] {
  const problems: PlaybookProblem[] = [];
  const all = playbook.stages.flatMap((stage) => stage.steps);
  const ends = playbook.end !== undefined || playbook.reactions.some((reaction) => reaction.end);
  if (!ends) problems.push(...endlessJourney(playbook));
  playbook.stages.forEach((stage, i) => {
    if (i === 0 && stage.enter === 'previous' && playbook.stages.length > 1)
      problems.push({ path: 'stages[0].enter', message: 'must be journey: no stage comes before it' });
    const next = playbook.stages[i + 1];
    if (next?.enter === 'previous' && stage.end === undefined && stage.steps.some(endless))
      problems.push({
        path: `stages[${i}].end`,
        message: 'is missing, and a step of the stage may stay open for ever: the next stage is never reached',
      });
    stage.steps.forEach((step, k) => {
      const path = `stages[${i}].steps[${k}]`;
      problems.push(...kindProblems(step, path), ...followProblems(step, all, path), ...policyProblems(step, path));
    });
  });
  const outcomes = [
    // Without an end of its own a journey is completed when all of its stages have ended.
    ...(playbook.end?.outcomes.map((one) => one.outcome) ?? ['completed']),
    ...playbook.reactions.flatMap((r) => (r.end ? [r.end.outcome] : [])),
  ];
  for (const outcome of Object.keys(playbook.outcomes))
    if (!outcomes.includes(outcome)) problems.push({ path: `outcomes.${outcome}`, message: 'is never reached' });
  const last = playbook.end?.outcomes.at(-1);
  if (last?.flag !== undefined)
    problems.push({ path: 'end.outcomes', message: 'must end with an outcome without a flag' });
  return problems;
}

/** Without an end of its own a journey ends when all of its steps have: each must. */
function endlessJourney(playbook: Playbook): PlaybookProblem[] {
  return playbook.stages.flatMap((stage, i) =>
    stage.end === undefined && (stage.steps.some(endless) || stage.enter.startsWith('flag:'))
      ? [{ path: `stages[${i}]`, message: 'never ends: it has no end, nor has the journey' }]
      : [],
  );
}

const endless = (step: StepSpec) =>
  (typeof step.due === 'object' && step.due.from.startsWith('flag:')) ||
  (step.open !== undefined && step.open.expires === undefined) ||
  (step.repeat !== undefined && step.repeat.until === undefined && step.repeat.max === undefined);

/** Outcomes that only steps of these kinds have. */
const OUTCOMES: Record<StepOutcome, StepSpec['kind'][] | 'any'> = {
  sent: 'any',
  skipped: 'any',
  dropped: 'any',
  failed: 'any',
  expired: 'any',
  accepted: 'any',
  declined: 'any',
  completed: ['task', 'checklist', 'meeting'],
  met: ['check', 'milestone'],
  missed: ['check', 'milestone', 'checklist', 'task', 'meeting', 'survey', 'offer', 'message'],
  late: ['milestone'],
  held: ['meeting'],
  'no-show': ['meeting'],
  answered: ['survey', 'message'],
};

function followProblems(step: StepSpec, all: StepSpec[], path: string): PlaybookProblem[] {
  const problems: PlaybookProblem[] = [];
  const from = typeof step.due === 'string' ? 'start' : step.due.from;
  const wrong = (message: string) => void problems.push({ path, message });
  for (const one of step.after ?? [])
    if (!Object.hasOwn(OUTCOMES, one)) wrong(`after: "${one}" is no outcome of a step`);
  if (step.whileOpen && !from.startsWith('step:')) wrong('has whileOpen, but does not follow a step');
  if (step.after && !from.startsWith('step:')) wrong('has after, but does not follow a step');
  if (!from.startsWith('step:')) return problems;
  const seen = new Set<string>();
  for (let at: string | undefined = step.id; at !== undefined; at = parentOf(all, at)) {
    if (seen.has(at)) {
      wrong('follows itself');
      return problems;
    }
    seen.add(at);
  }
  const parent = all.find((one) => one.id === from.slice(5));
  const told = parent && (parent.offer !== undefined || parent.variants?.some((v) => v.offer !== undefined));
  if (parent && step.after?.some((one) => one === 'accepted' || one === 'declined') && !told)
    wrong(`waits for an answer to "${parent.id}", which offers nothing`);
  if (parent && step.whileOpen && parent.open === undefined)
    wrong(`has whileOpen, but "${parent.id}" never stays open`);
  for (const one of step.after ?? []) {
    const kinds = Object.hasOwn(OUTCOMES, one) ? OUTCOMES[one as StepOutcome] : 'any';
    if (parent && kinds !== 'any' && !kinds.includes(parent.kind))
      wrong(`waits for "${one}" of "${parent.id}", which is the outcome of a ${kinds.join(' or ')} only`);
  }
  return problems;
}

function parentOf(all: StepSpec[], id: string): string | undefined {
  const due = all.find((step) => step.id === id)?.due;
  return typeof due === 'object' && due.from.startsWith('step:') ? due.from.slice(5) : undefined;
}

/** What the law dates may not be frozen by a pause, nor silently skipped when it is late. */
function policyProblems(step: StepSpec, path: string): PlaybookProblem[] {
  if (step.class !== 'legal') return [];
  return [
    ...(step.clock === 'freeze'
      ? [
          {
            path: `${path}.clock`,
            message: 'of a legal step must be absolute or run-on: a pause may not move a legal date',
          },
        ]
      : []),
    ...(step.late.otherwise === 'skip'
      ? [
          {
            path: `${path}.late.otherwise`,
            message: 'of a legal step must be replan: a late legal notice is still sent',
          },
        ]
      : []),
  ];
}
