import type { Tx } from '../../db/database.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { loadTouch } from '../../db/queries/touches/load-touch.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import { CelError } from '../../playbooks/cel/cel-error.ts';
import { evaluateOutcome } from '../../playbooks/judge/evaluate-outcome.ts';
import type { OutcomeEffects } from '../../playbooks/judge/evaluate-outcome.ts';
import type { EventBody } from '../../workflows/contracts/api.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { ConcludeInput } from '../../workflows/contracts/journey.ts';
import { raiseTask } from '../tasks/raise-task.ts';
import type { JourneyContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { healthFor } from './health.ts';
import { scopeOf } from './scope.ts';

/** Sets the facts that an outcome sets and stores the event that it emits, with all that follows: how one journey hands over to another. Answers the journeys that it opened. */
export async function handOver(
  tx: Tx,
  deps: JourneyDeps,
  c: JourneyContext,
  input: ConcludeInput,
  outcome: string,
): Promise<JourneyRow[]> {
  const spec = c.playbook.outcomes[outcome];
  if (!spec?.facts && !spec?.emits) return [];
  try {
    const events = eventsOf(c, input, await effectsOf(tx, c, input, outcome));
    const { ingest } = deps;
    if (!ingest) throw new TenureError('internal', 'Nobody takes the events of this journey');
    const given = { events, actor: `journey:${c.playbook.id}`, now: input.at, clockShift: c.journey.clockShift };
    // A savepoint: of what is refused nothing stays.
    return (await tx.transaction((inner) => ingest(inner, given))).started;
  } catch (error) {
    const code = error instanceof CelError || error instanceof TenureError ? error.code : undefined;
    if (code === undefined) throw error;
    await trouble(tx, deps, c, input, code);
    return [];
  }
}

async function effectsOf(
  tx: Tx,
  c: JourneyContext,
  { journeyId, state, at }: ConcludeInput,
  outcome: string,
): Promise<OutcomeEffects> {
  const { account, ...loaded } = await loadTouch(tx, c.journey.accountId, new Date(at));
  if (!account) throw new TenureError('unknown-account', 'The journey belongs to no account in this database');
  const health = await healthFor(tx, c.playbook, account, at);
  const scope = scopeOf(c, { journeyId, state }, { ...loaded, account, health }, undefined, at);
  return evaluateOutcome(c.playbook, outcome, scope);
}

/** Known by the journey for ever: an end that is written again stores nothing again. */
function eventsOf(c: JourneyContext, { journeyId, at }: ConcludeInput, { facts, emits }: OutcomeEffects): EventBody[] {
  const base = { account: c.journey.accountId, at: new Date(at).toISOString() };
  const data = (of: Record<string, unknown>) => of as EventBody['data'];
  return [
    ...(Object.keys(facts).length > 0
      ? [{ ...base, id: `end:${journeyId}:facts`, type: 'facts_recorded', data: data(facts) }]
      : []),
    ...(emits ? [{ ...base, id: `end:${journeyId}`, type: emits.event, data: data(emits.data) }] : []),
  ];
}

async function trouble(
  tx: Tx,
  deps: JourneyDeps,
  c: JourneyContext,
  { journeyId, state, at }: ConcludeInput,
  code: string,
): Promise<void> {
  const { accountId } = c.journey;
  deps.log.error({ journey: journeyId, code }, 'a journey ended and could not hand over');
  const now = new Date(at);
  const target = `journey:${journeyId}`;
  await recordAudit(tx, { at: now, actor: 'system', action: 'journey.not-handed-over', target, details: { code } });
  // Nobody has to do anything for an account that is gone.
  if (code === 'account-closed') return;
  await raiseTask(tx, {
    ...{ journeyId, accountId, step: 'end', n: 1, now: at, owner: state.owner },
    what: 'data-error',
    title: `What “${c.playbook.title}” hands over to has not begun`,
    instructions: `The end of ${c.playbook.id} v${c.journey.version} could not be handed over: ${code}. Start what follows by hand.`,
  });
}
