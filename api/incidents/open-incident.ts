import { randomUUID } from 'node:crypto';
import type { Tx } from '../../db/database.ts';
import { recordAudit } from '../../db/queries/audit/record-audit.ts';
import { changeIncident } from '../../db/queries/incidents/change-incident.ts';
import { ensurePlatform } from '../../db/queries/incidents/ensure-platform.ts';
import { insertIncident } from '../../db/queries/incidents/insert-incident.ts';
import { openIncidentOf, readIncident } from '../../db/queries/incidents/read-incident.ts';
import type { IncidentRow } from '../../db/schema/incidents.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import { plans } from '../../playbooks/plans.ts';
import { INCIDENT_PLAYBOOKS, PLATFORM_ACCOUNT } from '../../workflows/contracts/incidents.ts';
import type { IncidentBody } from '../../workflows/contracts/incidents.ts';
import { openJourney } from '../journeys/open-journey.ts';
import { mustFind } from '../playbooks/catalog.ts';
import type { Catalog } from '../playbooks/catalog.ts';
import { setScope } from './assess.ts';
import type { Acting } from './acting.ts';
import { incidentPolicy } from './policy.ts';
import { tellPublic } from './tell-public.ts';

export type OpenIncident = {
  id: string;
  body: IncidentBody;
  source: 'api' | 'alertmanager';
  actor: string;
  catalog: Catalog;
  systemZone: string;
  now: number;
  perSecond: number;
  /** In a rehearsal: the run's distance to real time, ms. */
  clockShift?: number;
};
export type Opened = { incident: IncidentRow; created: boolean; journey?: JourneyRow };

/** Opens an incident with its journey, or answers the one that is open under its key (or that this very request opened before). */
export async function openIncident(tx: Tx, opening: OpenIncident): Promise<Opened> {
  const { id, source, actor, catalog, systemZone, now } = opening;
  const at = new Date(now);
  const body = withKey(opening.body);
  const known = (await readIncident(tx, id)) ?? (body.key ? await openIncidentOf(tx, body.key) : undefined);
  if (known) return { incident: known, created: false };
  const business = body.kind === 'business';
  const accountId = business ? body.account : undefined;
  await ensurePlatform(tx, { id: PLATFORM_ACCOUNT, plan: Object.keys(plans)[0]!, timeZone: systemZone, now: at });
  const playbook = mustFind(catalog, INCIDENT_PLAYBOOKS[business ? 'business' : 'platform']);
  const severity = business ? null : (body.severity ?? null);
  const given: Record<string, string | number | boolean> = business
    ? { class: body.class }
    : { ...body.options, ...(severity ? { severity } : {}) };
  const { row: journey } = await openJourney(tx, {
    id: randomUUID(),
    playbook,
    body: { account: accountId ?? PLATFORM_ACCOUNT, key: id, options: given },
    actor,
    systemZone,
    now,
    clockShift: opening.clockShift,
  });
  const policy = business ? undefined : incidentPolicy(playbook.definition, given);
  const inserted = await insertIncident(tx, {
    id,
    kind: business ? 'business' : 'platform',
    class: business ? body.class : null,
    key: body.key ?? null,
    title: body.title,
    summary: body.summary ?? null,
    severity,
    status: 'Investigating',
    source,
    accounts: 0,
    accountId: accountId ?? null,
    journeyId: journey.id,
    updates: 0,
    nextUpdateAt: policy ? new Date(now + policy.firstNotice) : null,
    openedBy: actor,
    openedAt: at,
  });
  // Another opener of this key was faster and has committed: what was made here is undone by the caller.
  if (!inserted) throw new LostTheRace();
  const details = { kind: inserted.kind, class: inserted.class, severity, source };
  await recordAudit(tx, { at, actor, action: 'incident.opened', target: `incident:${id}`, details });
  if (business || !policy) return { incident: inserted, created: true, journey };
  const acting: Acting = {
    incident: inserted,
    playbook: playbook.definition,
    policy,
    actor,
    now,
    perSecond: opening.perSecond,
  };
  return { incident: await firstWords(tx, acting, body), created: true, journey };
}

/** One matter of a class is open for a customer at a time, so that nobody is engaged twice. */
function withKey(body: IncidentBody): IncidentBody {
  if (body.kind !== 'business' || body.key !== undefined || body.account === undefined) return body;
  return { ...body, key: `${body.class}:${body.account}` };
}

/** Thrown to undo an opening whose key somebody else has just opened. */
export class LostTheRace extends Error {}

async function firstWords(
  tx: Tx,
  acting: Acting,
  body: Exclude<IncidentBody, { kind: 'business' }>,
): Promise<IncidentRow> {
  let { incident } = acting;
  if (body.affected) incident = await setScope(tx, acting, body.affected);
  if (body.status && !body.message) incident = await changeIncident(tx, incident.id, { status: body.status });
  if (!body.message) return incident;
  const { message, status = 'Investigating', nextUpdateInMinutes } = body;
  return tellPublic(tx, { ...acting, incident }, { status, message, nextUpdateInMinutes });
}
