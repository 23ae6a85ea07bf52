/**
 * Owns a journey's end.
 * Invariants: all that follows from it is written in one transaction and once, however often it is repeated; what it hands over to starts after that.
 */
import type { Tx } from '../../db/database.ts';
import { lockAccounts } from '../../db/queries/accounts/read-account.ts';
import { draftedSteps, withdrawDrafts } from '../../db/queries/approvals/drafts.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { releaseJourneyHold } from '../../db/queries/holds/journey-hold.ts';
import { closeConcluded } from '../../db/queries/incidents/close-concluded.ts';
import { closeRest } from '../../db/queries/touches/close-opened.ts';
import { decideRest } from '../../db/queries/touches/decide-rest.ts';
import { endJourney, markConcluded } from '../../db/queries/touches/change-journey.ts';
import { forgetReserved } from '../../db/queries/ledger/settle-message.ts';
import { forgetWaiters } from '../../db/queries/waiters/wait-on.ts';
import { changePages } from '../../db/queries/pages/change-pages.ts';
import { removeWatches } from '../../db/queries/watches/remove-watches.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import { isIncidentKind } from '../../workflows/contracts/incident-kinds.ts';
import type { ConcludeInput } from '../../workflows/contracts/journey.ts';
import type { Attempt } from './attempt.ts';
import { enterJourney } from './context.ts';
import type { JourneyContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { withCodes } from './failures.ts';
import { handOver } from './hand-over.ts';

/** Writes a journey's end: its last state, a decision for every step, nothing left open, what it means for the account, and to whom it hands over. Repeating it changes nothing. */
export function createConclude(deps: JourneyDeps) {
  const probe: Attempt['probe'] = deps.probe ?? (() => Promise.resolve());
  return (input: ConcludeInput): Promise<void> =>
    withCodes(async () => {
      const started = await deps.database.db.transaction((tx) => conclude(tx, deps, input, probe));
      await probe('conclude:written');
      if (started.length > 0) await deps.launch?.(started);
    });
}

async function conclude(
  tx: Tx,
  deps: JourneyDeps,
  input: ConcludeInput,
  probe: Attempt['probe'],
): Promise<JourneyRow[]> {
  const { journeyId, state } = input;
  const at = new Date(input.at);
  // What it hands over to changes the account and starts journeys.
  await lockAccounts(tx, [input.account]);
  const c = await enterJourney(tx, deps.database, input);
  const { accountId, timetable } = c.journey;
  await probe('conclude:entered');
  const outcome = state.ended?.outcome ?? 'ended';
  await decideRest(tx, { journeyId, accountId, timetable, state, final: true });
  await endJourney(tx, { journeyId, outcome, at });
  await closeRest(tx, { journeyId, steps: Object.keys(state.steps), at });
  const drafts = await draftedSteps(tx, journeyId);
  await withdrawDrafts(
    tx,
    drafts.map((one) => ({ journeyId, ...one })),
    'journey-ended',
    at,
  );
  await changePages(tx, { journeyId }, { to: 'resolved', now: at });
  await removeWatches(tx, journeyId);
  await forgetWaiters(tx, journeyId);
  await forgetReserved(tx, journeyId);
  await probe('conclude:closed');
  // A command that ended it may have written the end of the row before: what follows from the end is counted by a mark of its own.
  if (!(await markConcluded(tx, { journeyId, at }))) return [];
  await tellCrm(tx, deps, c, outcome, at);
  const perSecond = deps.settings.policy.releasePerSecond;
  if (isIncidentKind(c.journey.kind)) await closeConcluded(tx, { journeyId, at, perSecond });
  await releaseJourneyHold(tx, { journeyId, accountId, now: at, perSecond });
  await probe('conclude:released');
  const { clockShift } = c.journey;
  const untaken = {
    journeyId,
    program: state.program ?? 0,
    actor: `journey:${c.playbook.id}`,
    now: input.at,
    clockShift,
  };
  const started = [...(await handOver(tx, deps, c, input, outcome)), ...((await deps.takeUp?.(tx, untaken)) ?? [])];
  await probe('conclude:handed-over');
  await recordAudit(tx, {
    at,
    actor: 'system',
    action: 'journey.ended',
    target: `journey:${journeyId}`,
    details: { outcome, how: state.ended?.how ?? null, account: accountId },
  });
  return started;
}

async function tellCrm(tx: Tx, deps: JourneyDeps, c: JourneyContext, outcome: string, at: Date): Promise<void> {
  const means = c.playbook.outcomes[outcome];
  const { accountId, id } = c.journey;
  if (means?.crmStage) await deps.crm.setStage(tx, { accountId, stage: means.crmStage, at });
  const note = { key: `${id}/outcome`, accountId, author: `journey:${c.playbook.id}`, at };
  if (means?.note) await deps.crm.addNote(tx, { ...note, text: means.note });
}
