import type { Tx } from '../../db/database.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { decisionOf } from '../../db/queries/decisions/decisions-of.ts';
import { recordDecision } from '../../db/queries/decisions/record-decision.ts';
import { openTask } from '../../db/queries/tasks/open-task.ts';
import { noteDecision } from '../../db/queries/touches/note-decision.ts';
import { DAY_MS } from '../../workflows/contracts/time.ts';
import type { EscalateInput } from '../../workflows/contracts/journey.ts';
import type { StepContext } from './context.ts';
import type { JourneyDeps } from './deps.ts';

/** Who sees to it that a legal notice leaves, where its playbook names nobody. */
const ROLES = ['legal', 'head-of-cs'];

/** A legal notice has not left and its span is about to close: whoever can still send it is told at once, and it is said why it waits. */
export async function alarmNotice(
  tx: Tx,
  deps: JourneyDeps,
  c: StepContext,
  input: EscalateInput,
  now: number,
): Promise<void> {
  const { journeyId, step, n } = input;
  const { accountId } = c.journey;
  const at = new Date(now);
  const named = c.spec.open?.escalations?.map((one) => one.to);
  const before = await decisionOf(tx, input);
  if (before && before.outcome !== 'held' && before.outcome !== 'failed' && before.outcome !== 'skipped') return;
  let raised = false;
  for (const ownerRole of named ?? ROLES) {
    const fresh = await openTask(tx, {
      ...{ journeyId, accountId, step, n, ownerRole, minutes: null, owner: null, level: 1 },
      key: `${journeyId}/${step}/${n}/notice/${ownerRole}`,
      title: `“${c.spec.title}” has not left, and its time is nearly over`,
      instructions: `The legal notice ${step} of ${c.playbook.id} v${c.journey.version} has not been sent (${before?.reason ?? 'it was not tried yet'}), and the law wants it before its span closes. See to it that it reaches the customer, by another way if need be.`,
      dueAt: new Date(now + DAY_MS),
      createdAt: at,
    });
    raised ||= fresh;
  }
  if (!raised) return;
  deps.log.error({ journey: journeyId, step, reason: before?.reason ?? null }, 'a legal notice is about to be late');
  const details = { alarmedAt: at.toISOString(), alarmed: named ?? ROLES };
  if (before) await noteDecision(tx, { journeyId, step, n, details });
  else
    await recordDecision(tx, {
      ...{ journeyId, step, n, accountId, kind: c.step.kind, channel: c.step.channel ?? null, at, details },
      outcome: 'held',
      reason: 'notice-unsent',
    });
  const target = `journey:${journeyId}`;
  await recordAudit(tx, { at, actor: 'system', action: 'notice.alarmed', target, details: { step, n, ...details } });
}
