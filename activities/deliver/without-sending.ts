import type { Tx } from '../../db/database.ts';
import { setFact } from '../../db/queries/touches/change-account.ts';
import { CelError } from '../../playbooks/cel/cel-error.ts';
import { compileCel } from '../../playbooks/cel/compile-cel.ts';
import { evaluateCel } from '../../playbooks/cel/evaluate-cel.ts';
import type { Scope } from '../../playbooks/cel/scope.ts';
import type { Judgement } from '../../playbooks/judge/judge-step.ts';
import type { DeliverInput, DeliverOutcome } from '../../workflows/contracts/journey.ts';
import { RenderError } from '../render/render.ts';
import { raiseTask } from '../tasks/raise-task.ts';
import { afterSent } from './after-sent.ts';
import type { StepContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { say, sentOutcome, sentReason, staysOpen } from './record.ts';

/** Does what needs no provider: a check is recorded, a task or checklist opened. */
export async function decideWithoutSending(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: DeliverInput,
  now: number,
  judged: Exclude<Judgement, { is: 'skip' }>,
  scope: Scope,
): Promise<DeliverOutcome> {
  if (judged.is !== 'go') {
    const reason = judged.is === 'met' ? 'check-met' : 'check-missed';
    if (judged.is === 'missed' && c.spec.missedFact)
      await setFact(tx, { accountId: c.journey.accountId, name: c.spec.missedFact, value: true, now: new Date(now) });
    await say(tx, c, input, now, { outcome: judged.is, reason });
    return { is: judged.is };
  }
  let figures: Record<string, unknown>;
  try {
    figures = figuresOf(c, scope);
  } catch (error) {
    return troubleWith(tx, c, input, now, error);
  }
  await afterSent(tx, deps.crm, c, input, { now, figures });
  const variant = judged.variant ?? null;
  await say(tx, c, input, now, {
    outcome: 'sent',
    reason: sentReason(input, now),
    variant,
    details: { opens: staysOpen(c, null) },
  });
  return sentOutcome(c, { variant, offer: null });
}

/** What the playbook wants whoever does the task to see, as it is now. */
const figuresOf = (c: StepContext, scope: Scope): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(c.spec.task?.data ?? {}).map(([name, cel]) => [
      name,
      evaluateCel(c.playbook, compileCel(c.playbook, cel), scope),
    ]),
  );

/** Data, expression or template that no retry can mend: the step fails by name, and staff get a task. Everything else is thrown on. */
export async function troubleWith(
  tx: Tx,
  c: StepContext,
  input: DeliverInput,
  now: number,
  error: unknown,
): Promise<DeliverOutcome> {
  const trouble = namedTrouble(error);
  if (!trouble) throw error;
  const { what, reason, details } = trouble;
  await raiseTask(tx, {
    journeyId: input.journeyId,
    accountId: c.journey.accountId,
    step: input.step,
    n: input.n,
    what,
    title: `“${c.spec.title}” could not be made`,
    instructions: `Step ${input.step} of ${c.playbook.id} v${c.journey.version} failed: ${reason}. Mend the data or the template; the step will not be tried again by itself.`,
    owner: null,
    now,
  });
  await say(tx, c, input, now, { outcome: 'failed', reason, details });
  return { is: 'failed', reason };
}

function namedTrouble(error: unknown) {
  if (error instanceof RenderError)
    return {
      what: 'render-error' as const,
      reason: 'render-error',
      details: { code: error.code, template: error.template, variable: error.variable ?? null },
    };
  if (error instanceof CelError)
    return { what: 'data-error' as const, reason: 'data-error', details: { code: error.code } };
  return undefined;
}
