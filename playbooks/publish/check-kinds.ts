import type { StepSpec } from '../../workflows/contracts/playbook.ts';
import type { PlaybookProblem } from './parse-playbook.ts';

/** Kinds that say something to somebody, in a template's words. */
const TELLS = new Set<StepSpec['kind']>(['message', 'offer', 'survey', 'broadcast']);
/** Kinds that somebody of ours does. */
const DONE = new Set<StepSpec['kind']>(['task', 'meeting']);

/** What a step of its kind lacks, or has and cannot use. */
export function kindProblems(step: StepSpec, path: string): PlaybookProblem[] {
  const problems: PlaybookProblem[] = [];
  const { kind, open } = step;
  const needs = (ok: boolean, what: string) => void (ok || problems.push({ path, message: what }));
  const only = (what: string, is: boolean, has: unknown) =>
    needs(is === (has !== undefined), is ? `a ${kind} needs ${what}` : `a ${kind} has no ${what}`);
  const tells = TELLS.has(kind);
  only('a channel', tells, step.channel);
  only('met', kind === 'check', step.met);
  only('needs', kind === 'milestone', step.needs);
  only('survey', kind === 'survey', step.survey);
  // A checklist may say who keeps it, by when and how.
  if (kind !== 'checklist') only('task', DONE.has(kind), step.task);
  needs(kind === 'check' || step.missedFact === undefined, 'only a check has a missedFact');
  needs(!DONE.has(kind) || open !== undefined, `a ${kind} needs open: it waits for somebody`);
  needs(kind !== 'survey' || open !== undefined, 'a survey needs open: it awaits an answer');
  needs(kind !== 'milestone' || open === undefined, 'a milestone never stays open');
  needs(!step.survey || step.survey.from < step.survey.to, 'survey.from must be below survey.to');
  needs(kind !== 'checklist' || (open?.items?.length ?? 0) > 0, 'a checklist needs open.items');
  needs(kind === 'checklist' || open?.items === undefined, 'only a checklist has items');
  needs(tells || step.approval === undefined, `a ${kind} cannot be held for approval`);
  needs(
    kind === 'meeting' || !open?.escalations?.some((one) => one.unless === 'booked'),
    'only a meeting is booked: open.escalations unless',
  );
  needs(!Array.isArray(step.to) || new Set(step.to).size === step.to.length, 'names a role of `to` twice');
  const items = open?.items?.map((item) => item.id) ?? [];
  needs(new Set(items).size === items.length, 'has a checklist item twice');
  return [...problems, ...wordProblems(step, path, tells)];
}

/** Variants, templates and offers. */
function wordProblems(step: StepSpec, path: string, tells: boolean): PlaybookProblem[] {
  const problems: PlaybookProblem[] = [];
  const needs = (ok: boolean, what: string) => void (ok || problems.push({ path, message: what }));
  const variants = step.variants ?? [];
  const worded = variants.length > 0 ? variants.every((v) => v.template ?? v.silent ?? step.template) : step.template;
  needs(!tells || Boolean(worded), `a ${step.kind} needs a template in every variant`);
  const offers = step.offer !== undefined || variants.some((v) => v.offer !== undefined);
  needs(step.kind !== 'offer' || offers, 'an offer step needs an offer');
  needs(!offers || step.open?.expires !== undefined, 'an offer needs open.expires');
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
