import type { Playbook, StepSpec } from '../../workflows/contracts/playbook.ts';
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
    ...(playbook.end?.outcomes.map((one) => one.outcome) ?? []),
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
    stage.end === undefined && stage.steps.some(endless)
      ? [{ path: `stages[${i}]`, message: 'never ends: it has no end, nor has the journey' }]
      : [],
  );
}

const endless = (step: StepSpec) =>
  (step.open !== undefined && step.open.expires === undefined) ||
  (step.repeat !== undefined && step.repeat.until === undefined && step.repeat.max === undefined);

function kindProblems(step: StepSpec, path: string): PlaybookProblem[] {
  const problems: PlaybookProblem[] = [];
  const needs = (ok: boolean, what: string) => void (ok || problems.push({ path, message: what }));
  const told = step.kind === 'message' || step.kind === 'offer';
  const variants = step.variants ?? [];
  needs(!told || step.channel !== undefined, `a ${step.kind} needs a channel`);
  needs(
    !told ||
      (variants.length > 0
        ? variants.every((v) => v.template ?? v.silent ?? step.template)
        : step.template !== undefined),
    `a ${step.kind} needs a template in every variant`,
  );
  needs(told || step.channel === undefined, `a ${step.kind} has no channel`);
  needs(
    (step.kind === 'check') === (step.met !== undefined),
    step.kind === 'check' ? 'a check needs met' : 'only a check has met',
  );
  needs(step.kind === 'check' || step.missedFact === undefined, 'only a check has a missedFact');
  needs(
    (step.kind === 'task') === (step.task !== undefined),
    step.kind === 'task' ? 'a task needs task' : 'only a task has task',
  );
  needs(step.kind !== 'task' || step.open !== undefined, 'a task needs open: it waits for somebody');
  needs(step.kind !== 'checklist' || (step.open?.items?.length ?? 0) > 0, 'a checklist needs open.items');
  needs(step.kind === 'checklist' || step.open?.items === undefined, 'only a checklist has items');
  needs(
    step.kind !== 'offer' || (step.offer ?? variants.some((v) => v.offer)) !== false,
    'an offer step needs an offer',
  );
  const offers = step.offer !== undefined || variants.some((v) => v.offer !== undefined);
  needs(!offers || step.open?.expires !== undefined, 'an offer needs open.expires');
  const items = step.open?.items?.map((item) => item.id) ?? [];
  needs(new Set(items).size === items.length, 'has a checklist item twice');
  const ids = variants.map((v) => v.id);
  needs(new Set(ids).size === ids.length, 'has a variant twice');
  variants.forEach((variant, n) => {
    if (variant.when === undefined && n < variants.length - 1)
      problems.push({
        path: `${path}.variants[${n + 1}]`,
        message: `is never reached: variant "${variant.id}" before it takes everybody`,
      });
  });
  return problems;
}

const OUTCOMES = new Set([
  'sent',
  'skipped',
  'dropped',
  'failed',
  'met',
  'missed',
  'accepted',
  'declined',
  'expired',
  'completed',
  'answered',
]);

function followProblems(step: StepSpec, all: StepSpec[], path: string): PlaybookProblem[] {
  const problems: PlaybookProblem[] = [];
  const from = typeof step.due === 'string' ? 'start' : step.due.from;
  const wrong = (message: string) => void problems.push({ path, message });
  for (const one of step.after ?? []) if (!OUTCOMES.has(one)) wrong(`after: "${one}" is no outcome of a step`);
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
  if (parent && parent.kind !== 'check' && step.after?.includes('met'))
    wrong(`waits for a check, which "${parent.id}" is not`);
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
