import type { Tx } from '../../db/database.ts';
import { changeIncident } from '../../db/queries/incidents/change-incident.ts';
import { tellIncident } from '../../db/queries/incidents/tell-incident.ts';
import type { IncidentRow } from '../../db/schema/incidents.ts';
import type { AffectedBody, Severity } from '../../workflows/contracts/incidents.ts';
import { journeyAccount, refused } from './acting.ts';
import type { Acting } from './acting.ts';
import { alignHolds, widenOrNarrow } from './affected.ts';
import { isMajor } from './policy.ts';

/** Says how severe it is; holds of affected accounts, and a promised update that is now too far off, follow in the same transaction. */
export async function classify(tx: Tx, acting: Acting, severity: Severity): Promise<IncidentRow> {
  const { incident, policy, actor, now, perSecond } = acting;
  const before = incident.severity as Severity | null;
  if (before === severity) throw refused('same-severity', `It is a ${severity} already.`, null);
  const latest = new Date(now + policy.updateEvery(severity));
  const nextUpdateAt = incident.nextUpdateAt && incident.nextUpdateAt > latest ? latest : undefined;
  const changed = await changeIncident(tx, incident.id, { severity, ...(nextUpdateAt ? { nextUpdateAt } : {}) });
  await alignHolds(tx, { incident: changed, policy, now, perSecond });
  const raised = before !== null && !isMajor(before) && isMajor(severity);
  await tellIncident(tx, {
    incident,
    accountId: journeyAccount(incident),
    type: 'incident.classified',
    fields: {
      ...{ severity, class: isMajor(severity) ? 'major' : 'minor', raised },
      ...(nextUpdateAt ? { nextUpdate: nextUpdateAt.toISOString() } : {}),
    },
    actor,
    now: new Date(now),
  });
  return changed;
}

/** Says whom it touches; who was added is told the newest update, who was taken out is spoken to again, and still told how it goes on. */
export async function setScope(tx: Tx, acting: Acting, affected: AffectedBody): Promise<IncidentRow> {
  const { incident, playbook, policy, actor, now, perSecond } = acting;
  const { total } = await widenOrNarrow(tx, { incident, affected, playbook, now });
  const changed = await changeIncident(tx, incident.id, { affected, accounts: total });
  await alignHolds(tx, { incident: changed, policy, now, perSecond });
  await tellIncident(tx, {
    incident,
    accountId: journeyAccount(incident),
    type: 'incident.scoped',
    fields: { accounts: total },
    actor,
    now: new Date(now),
  });
  return changed;
}
