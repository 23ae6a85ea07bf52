import { recordCommand } from '../../db/queries/commands/record-command.ts';
import { readCommand } from '../../db/queries/commands/read-command.ts';
import { reassignTasks } from '../../db/queries/tasks/change-tasks.ts';
import { lockAccountOf } from '../../db/queries/accounts/read-account.ts';
import { setPlan } from '../../db/queries/touches/change-account.ts';
import { releaseWaiters } from '../../db/queries/waiters/release-waiters.ts';
import type { Tx } from '../../db/database.ts';
import type { Command } from '../../workflows/contracts/commands.ts';
import type { RecordCommandInput } from '../../workflows/contracts/journey.ts';
import { carryOutApproval } from './approval-commands.ts';
import { OWNER_ROLES } from '../../workflows/contracts/owner-roles.ts';
import { enterJourney } from './context.ts';
import type { JourneyContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { withCodes } from './failures.ts';

/** Writes down an applied command with its answer and audit row, and carries it to the rows outside the run; the same command twice is written once. */
export function createRecordCommand(deps: JourneyDeps) {
  return (input: RecordCommandInput): Promise<void> =>
    withCodes(() =>
      deps.database.db.transaction(async (tx) => {
        const command = await readCommand(tx, input.journeyId, input.commandId);
        if (command?.name === 'change-plan') await lockAccountOf(tx, input.journeyId);
        const c = await enterJourney(tx, deps.database, input);
        const at = new Date(input.at);
        const fresh = await recordCommand(tx, {
          journeyId: input.journeyId,
          commandId: input.commandId,
          answer: input.answer,
          at,
        });
        if (!fresh || !command) return;
        await carryOut(tx, deps, c, input, { ...command, run: command.body.run as Command }, at);
        if (input.state.pause !== null || input.state.ended !== null) return;
        // What the flag held back while the pause was on its way waits for nothing any more.
        const id = `paused:${input.commandId}`;
        await releaseWaiters(tx, {
          hold: 'paused',
          id,
          now: at,
          perSecond: deps.settings.policy.releasePerSecond,
          journeyId: input.journeyId,
        });
      }),
    );
}

async function carryOut(
  tx: Tx,
  deps: JourneyDeps,
  c: JourneyContext,
  { state }: RecordCommandInput,
  said: { id: string; actor: string; reason: string; run: Command },
  at: Date,
): Promise<void> {
  const { run: command } = said;
  const { accountId, id: journeyId } = c.journey;
  if (command.name === 'change-plan') await setPlan(tx, { accountId, plan: command.plan, now: at });
  if (command.name === 'set-owner') {
    await deps.crm.setOwner(tx, { accountId, owner: command.owner, at });
    await reassignTasks(tx, { journeyId, ownerRoles: OWNER_ROLES, owner: command.owner });
  }
  if (command.name === 'approve' || command.name === 'edit' || command.name === 'reject') {
    const o = { journeyId, step: command.step, n: state.steps[command.step]?.n ?? 1 };
    await carryOutApproval(tx, { ...o, state, said: { ...said, name: command.name }, at, publishedAt: c.publishedAt });
  }
  if (command.name === 'note') {
    const key = `${journeyId}/command/${said.id}`;
    await deps.crm.addNote(tx, { key, accountId, text: said.reason, author: said.actor, at });
  }
}
