import type { Tx } from '../../db/database.ts';
import { changeIncident } from '../../db/queries/incidents/change-incident.ts';
import { makeGood } from '../../db/queries/incidents/make-good.ts';
import { openIncidentOf } from '../../db/queries/incidents/read-incident.ts';
import { tellIncident } from '../../db/queries/incidents/tell-incident.ts';
import { changePages } from '../../db/queries/pages/change-pages.ts';
import type { IncidentRow } from '../../db/schema/incidents.ts';
import type { IncidentCommand, Severity } from '../../workflows/contracts/incidents.ts';
import { journeyAccount, refused } from './acting.ts';
import type { Acting } from './acting.ts';
import { alignHolds } from './affected.ts';
import { classify } from './assess.ts';
import { tellPublic } from './tell-public.ts';

/** The fix is verified: the last update goes out, holds end, and what makes good is begun. */
export async function resolve(
  tx: Tx,
  acting: Acting,
  command: Extract<IncidentCommand, { command: 'resolve' }>,
): Promise<IncidentRow> {
  const { policy, actor, now, perSecond } = acting;
  let { incident } = acting;
  if (incident.resolvedAt)
    throw refused(
      'already-resolved',
      'It is resolved already.',
      { command: 'post-mortem' },
      { by: incident.resolvedBy },
    );
  if (!command.verified)
    throw refused('not-verified', 'An incident is resolved once its fix is verified.', {
      command: 'update',
      status: 'Monitoring',
    });
  const at = new Date(now);
  // Nobody ever said how severe it is: what it counted as so far decides what follows.
  if (incident.severity === null) incident = await classify(tx, acting, policy.unclassifiedAs);
  // Opened quietly and never told: there is nothing to take back in public.
  const told = incident.updates > 0 || command.message !== undefined;
  if (told)
    await tellPublic(
      tx,
      { ...acting, incident },
      { status: 'Resolved', message: command.message ?? policy.words.resolved },
    );
  const resolved = { status: 'Resolved', nextUpdateAt: null, resolvedAt: at, resolvedBy: actor };
  const changed = await changeIncident(tx, incident.id, resolved);
  await alignHolds(tx, { incident: changed, policy, now, perSecond });
  await changePages(tx, { journeyId: incident.journeyId }, { to: 'resolved', now: at });
  if (policy.makesGood(incident.severity as Severity | null))
    await makeGood(tx, {
      incidentId: incident.id,
      journeyId: incident.journeyId,
      plans: policy.makeGoodPlans,
      title: 'Make good after an incident',
      instructions: `This account was affected by “${incident.title}”. Apologise, agree what makes good (a credit, a call), and write down what was agreed.`,
      ownerRole: 'csm',
      dueAt: new Date(now + policy.makeGoodWithin),
      now: at,
    });
  await tellIncident(tx, { incident, accountId: journeyAccount(incident), type: 'incident.resolved', actor, now: at });
  return changed;
}

/** It is back, or the fix did not hold: the cadence and the holds begin anew. */
export async function reopen(
  tx: Tx,
  acting: Acting,
  command: Extract<IncidentCommand, { command: 'reopen' }>,
): Promise<IncidentRow> {
  const { incident, policy, now, perSecond } = acting;
  if (incident.status === 'Investigating')
    throw refused('not-needed', 'It is being investigated.', { command: 'update', status: 'Investigating' });
  const other = incident.resolvedAt && incident.key ? await openIncidentOf(tx, incident.key) : undefined;
  if (other)
    throw refused('other-incident-open', `The incident ${other.id} has been opened for the same since.`, null, {
      incident: other.id,
    });
  const open = await changeIncident(tx, incident.id, { status: 'Investigating', resolvedAt: null, resolvedBy: null });
  await alignHolds(tx, { incident: open, policy, now, perSecond });
  const { message = policy.words.reopened, nextUpdateInMinutes } = command;
  const say = { status: 'Investigating' as const, message, nextUpdateInMinutes, event: 'incident.reopened' as const };
  return tellPublic(tx, { ...acting, incident: open }, say);
}
