import type { Tx } from '../../db/database.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { changeIncident } from '../../db/queries/incidents/change-incident.ts';
import { readIncident } from '../../db/queries/incidents/read-incident.ts';
import { tellIncident } from '../../db/queries/incidents/tell-incident.ts';
import { readJourney } from '../../db/queries/journeys/read-journey.ts';
import { changePages } from '../../db/queries/pages/change-pages.ts';
import type { IncidentRow } from '../../db/schema/incidents.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import { IncidentStatus } from '../../workflows/contracts/incidents.ts';
import type { IncidentCommand } from '../../workflows/contracts/incidents.ts';
import { mustFind } from '../playbooks/catalog.ts';
import type { Catalog } from '../playbooks/catalog.ts';
import { journeyAccount, refused } from './acting.ts';
import type { Acting } from './acting.ts';
import { classify, setScope } from './assess.ts';
import { close, recordPostMortem } from './close.ts';
import { incidentPolicy } from './policy.ts';
import { reopen, resolve } from './resolve.ts';
import { tellPublic } from './tell-public.ts';

export type CommandIncident = {
  id: string;
  command: IncidentCommand;
  actor: string;
  catalog: Catalog;
  now: number;
  perSecond: number;
};

/** Does what staff ask of an incident, or throws `incident-refused` with the reason and the nearest command that it can do. */
export async function commandIncident(tx: Tx, i: CommandIncident): Promise<IncidentRow> {
  const { id, command, actor, catalog, now, perSecond } = i;
  const incident = await readIncident(tx, id, true);
  if (!incident) throw new TenureError('unknown-incident', 'There is no such incident.', { incident: id });
  if (incident.closedAt) throw refused('incident-closed', 'It is closed: open a new incident.', null);
  const journey = await readJourney(tx, incident.journeyId);
  const playbook = mustFind(catalog, journey!.playbook, journey!.version).definition;
  const options = incident.kind === 'platform' ? journey!.options : {};
  const policy = incidentPolicy(catalogPlaybook(catalog, incident, playbook), options);
  const acting: Acting = { incident, playbook, policy, actor, now, perSecond };
  const { command: name, reason, ...rest } = command;
  const changed = await carryOut(tx, acting, command);
  const details = { command: name, ...pick(rest, ['severity', 'status', 'affected', 'verified', 'owner']) };
  const target = `incident:${id}`;
  await recordAudit(tx, {
    at: new Date(now),
    actor,
    action: `incident.${name}`,
    target,
    reason: reason ?? null,
    details,
  });
  return changed;
}

const catalogPlaybook = (catalog: Catalog, incident: IncidentRow, playbook: Acting['playbook']) =>
  incident.kind === 'platform' ? playbook : mustFind(catalog, '000.platform-incident').definition;

async function carryOut(tx: Tx, acting: Acting, command: IncidentCommand): Promise<IncidentRow> {
  const { kind } = acting.incident;
  if (command.command === 'acknowledge') return acknowledge(tx, acting);
  if (command.command === 'close') return close(tx, acting);
  if (kind === 'business')
    throw refused('not-for-this-kind', 'A business incident is acknowledged, worked through its tasks, and closed.', {
      command: 'close',
    });
  const { incident } = acting;
  // Whoever says anything about it has taken it.
  const taken = incident.acknowledgedAt ? acting : { ...acting, incident: await acknowledge(tx, acting) };
  switch (command.command) {
    case 'classify':
      return classify(tx, taken, command.severity);
    case 'scope':
      return setScope(tx, taken, command.affected);
    case 'update':
      return update(tx, taken, command);
    case 'resolve':
      return resolve(tx, taken, command);
    case 'reopen':
      return reopen(tx, taken, command);
    case 'post-mortem':
      return recordPostMortem(tx, taken, command);
  }
}

async function acknowledge(tx: Tx, { incident, actor, now }: Acting): Promise<IncidentRow> {
  if (incident.acknowledgedAt)
    throw refused('already-acknowledged', `${incident.acknowledgedBy} has taken it.`, null, {
      winner: { by: incident.acknowledgedBy, at: incident.acknowledgedAt.toISOString() },
    });
  const at = new Date(now);
  const changed = await changeIncident(tx, incident.id, { acknowledgedAt: at, acknowledgedBy: actor });
  await changePages(tx, { journeyId: incident.journeyId }, { to: 'acknowledged', now: at });
  await tellIncident(tx, {
    incident,
    accountId: journeyAccount(incident),
    type: 'incident.acknowledged',
    actor,
    now: at,
  });
  return changed;
}

const ORDER = IncidentStatus.options;

async function update(
  tx: Tx,
  acting: Acting,
  command: Extract<IncidentCommand, { command: 'update' }>,
): Promise<IncidentRow> {
  const { incident } = acting;
  const now = incident.status as IncidentStatus;
  const { status = now, message, nextUpdateInMinutes } = command;
  if (incident.resolvedAt)
    throw refused('already-resolved', 'It is resolved; if it is back, reopen it.', { command: 'reopen' });
  if (status === 'Resolved')
    throw refused('use-resolve', 'Resolved is said by the command resolve, once the fix is verified.', {
      command: 'resolve',
      verified: true,
    });
  if (ORDER.indexOf(status) < ORDER.indexOf(now))
    throw refused('status-backwards', `It is ${now}; a status goes back only by reopening the incident.`, {
      command: status === 'Investigating' ? 'reopen' : 'update',
      ...(status === 'Investigating' ? {} : { status: now }),
    });
  return tellPublic(tx, acting, { status, message, nextUpdateInMinutes });
}

const pick = (from: Record<string, unknown>, names: string[]) =>
  Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
