import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { askPage } from '../../db/queries/pages/ask-page.ts';
import { raiseLevel } from '../../db/queries/tasks/change-tasks.ts';
import { openTask } from '../../db/queries/tasks/open-task.ts';
import { noteDecision } from '../../db/queries/touches/note-decision.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';
import type { EscalateInput } from '../../workflows/contracts/journey.ts';
import { alarmNotice } from './alarm-notice.ts';
import { enterJourney, stepOf } from './context.ts';
import type { JourneyDeps } from './deps.ts';
import { withCodes } from './failures.ts';

/** Raises what stayed open too long to the next level: the task itself, and a task for the role that the playbook names. */
export function createEscalate(deps: JourneyDeps) {
  return (input: EscalateInput): Promise<void> =>
    withCodes(() =>
      deps.database.db.transaction(async (tx) => {
        const now = deps.clock(input.clockShift);
        const { journeyId, step, n, level } = input;
        const c = stepOf(await enterJourney(tx, deps.database, { journeyId, state: input.state, at: now }), step);
        // It was open until the journey went over to what does not have it.
        if (c.gone) return;
        if (c.spec.notice) return alarmNotice(tx, deps, c, input, now);
        const to = c.spec.open?.escalations?.[level - 1]?.to ?? 'operations';
        const key = `${journeyId}/${step}/${n}`;
        await raiseLevel(tx, { key, level });
        const raised = await openTask(tx, {
          key: `${key}/escalation/${level}`,
          journeyId,
          accountId: c.journey.accountId,
          step,
          n,
          title: `Escalation ${level}: ${c.spec.title}`,
          instructions: `“${c.spec.title}” has been open too long. See to it that it is done.`,
          owner: null,
          ownerRole: to,
          minutes: null,
          dueAt: new Date(now + DAY_MS),
          level,
          createdAt: new Date(now),
        });
        if (!raised) return;
        const at = new Date(now);
        const severity = c.spec.task?.page;
        if (severity)
          await askPage(tx, {
            ...{ key: `${key}/escalation/${level}`, journeyId, role: to, severity, now: at },
            title: `Escalation ${level}: ${c.spec.title}`,
          });
        await noteDecision(tx, {
          journeyId,
          step,
          n,
          details: { level, escalatedTo: to, escalatedAt: at.toISOString() },
        });
        await recordAudit(tx, {
          at,
          actor: 'system',
          action: 'step.escalated',
          target: `journey:${journeyId}`,
          details: { step, n, level, to },
        });
      }),
    );
}
