import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { closeRest } from '../../db/queries/touches/close-opened.ts';
import { decideRest } from '../../db/queries/touches/decide-rest.ts';
import { endJourney } from '../../db/queries/touches/change-journey.ts';
import { forgetReserved } from '../../db/queries/ledger/settle-message.ts';
import { forgetWaiters } from '../../db/queries/waiters/wait-on.ts';
import type { ConcludeInput } from '../../workflows/contracts/journey.ts';
import { enterJourney } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { withCodes } from './failures.ts';

/** Writes a journey's end: its last state, a decision for every step, nothing left open, and what it means in the CRM. Repeating it changes nothing. */
export function createConclude(deps: JourneyDeps) {
  return (input: ConcludeInput): Promise<void> =>
    withCodes(() =>
      deps.database.db.transaction(async (tx) => {
        const { journeyId, state } = input;
        const at = new Date(input.at);
        const c = await enterJourney(tx, deps.database, input);
        const outcome = state.ended?.outcome ?? 'ended';
        const { accountId, timetable } = c.journey;
        await decideRest(tx, { journeyId, accountId, timetable, state, final: true });
        await endJourney(tx, { journeyId, outcome, at });
        await closeRest(tx, {
          journeyId,
          tasks: Object.entries(state.steps).map(([step, x]) => `${journeyId}/${step}/${x.n}`),
          at,
        });
        await forgetWaiters(tx, journeyId);
        await forgetReserved(tx, journeyId);
        const means = c.playbook.outcomes[outcome];
        if (means?.crmStage && !c.hadEnded) await deps.crm.setStage(tx, { accountId, stage: means.crmStage, at });
        const author = `journey:${c.playbook.id}`;
        if (means?.note)
          await deps.crm.addNote(tx, { key: `${journeyId}/outcome`, accountId, text: means.note, author, at });
        if (c.hadEnded) return;
        const details = { outcome, how: state.ended?.how ?? null, account: accountId };
        await recordAudit(tx, {
          at,
          actor: 'system',
          action: 'journey.ended',
          target: `journey:${journeyId}`,
          details,
        });
      }),
    );
}
