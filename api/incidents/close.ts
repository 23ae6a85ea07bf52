import type { Tx } from '../../db/database.ts';
import { changeIncident } from '../../db/queries/incidents/change-incident.ts';
import { tellIncident } from '../../db/queries/incidents/tell-incident.ts';
import { changePages } from '../../db/queries/pages/change-pages.ts';
import { openTask } from '../../db/queries/tasks/open-task.ts';
import type { IncidentRow } from '../../db/schema/incidents.ts';
import type { IncidentCommand, PostMortem, Severity } from '../../workflows/contracts/incidents.ts';
import { journeyAccount, refused } from './acting.ts';
import type { Acting } from './acting.ts';
import { alignHolds } from './affected.ts';
import { isMajor } from './policy.ts';

/** Records cause, owner and actions, gives each action to its owner as a task, and ends the incident. */
export async function recordPostMortem(
  tx: Tx,
  acting: Acting,
  command: Extract<IncidentCommand, { command: 'post-mortem' }>,
): Promise<IncidentRow> {
  const { incident, actor, now } = acting;
  if (!incident.resolvedAt)
    throw refused('not-resolved', 'A post-mortem is recorded once the incident is resolved.', {
      command: 'resolve',
      verified: true,
    });
  const at = new Date(now);
  const postMortem: PostMortem = { rootCause: command.rootCause, actions: command.actions, owner: command.owner };
  for (const [i, action] of command.actions.entries())
    await openTask(tx, {
      key: `${incident.journeyId}/action/${i + 1}`,
      journeyId: incident.journeyId,
      accountId: journeyAccount(incident),
      step: null,
      n: 1,
      title: `Action of a post-mortem: ${action.what}`.slice(0, 200),
      instructions: action.what,
      owner: action.owner ?? command.owner,
      ownerRole: 'engineering',
      minutes: null,
      dueAt: action.due ? new Date(`${action.due}T23:59:59Z`) : null,
      createdAt: at,
    });
  const changed = await changeIncident(tx, incident.id, { postMortem, closedAt: at, closedBy: actor });
  await tellIncident(tx, {
    incident,
    accountId: journeyAccount(incident),
    type: 'incident.postmortem_done',
    actor,
    now: at,
  });
  return changed;
}

/** Ends an incident of which nobody need learn more: one that was minor, or a false alarm that the public never heard of. */
export async function close(tx: Tx, acting: Acting): Promise<IncidentRow> {
  const { incident, policy, actor, now, perSecond } = acting;
  if (incident.kind === 'platform' && !incident.resolvedAt && incident.updates > 0)
    throw refused('not-resolved', 'The public was told of it: resolve it first.', {
      command: 'resolve',
      verified: true,
    });
  if (incident.resolvedAt && isMajor(incident.severity as Severity | null))
    throw refused('post-mortem-missing', `A ${incident.severity} ends with its post-mortem.`, {
      command: 'post-mortem',
    });
  const at = new Date(now);
  const changed = await changeIncident(tx, incident.id, { closedAt: at, closedBy: actor, nextUpdateAt: null });
  if (incident.kind === 'platform') await alignHolds(tx, { incident: changed, policy, now, perSecond });
  await changePages(tx, { journeyId: incident.journeyId }, { to: 'resolved', now: at });
  await tellIncident(tx, { incident, accountId: journeyAccount(incident), type: 'incident.closed', actor, now: at });
  return changed;
}
