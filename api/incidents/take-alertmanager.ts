import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Tx } from '../../db/database.ts';
import { changeIncident } from '../../db/queries/incidents/change-incident.ts';
import { putAlerts } from '../../db/queries/incidents/put-alerts.ts';
import type { AlertRow } from '../../db/queries/incidents/put-alerts.ts';
import { openIncidentOf } from '../../db/queries/incidents/read-incident.ts';
import { tellIncident } from '../../db/queries/incidents/tell-incident.ts';
import type { JourneyRow } from '../../db/schema/journeys.ts';
import { INCIDENT_PLAYBOOKS } from '../../workflows/contracts/incidents.ts';
import type { Severity } from '../../workflows/contracts/incidents.ts';
import { When } from '../../workflows/contracts/time-schema.ts';
import { mustFind } from '../playbooks/catalog.ts';
import { journeyAccount } from './acting.ts';
import { classify } from './assess.ts';
import { openIncident } from './open-incident.ts';
import type { OpenIncident } from './open-incident.ts';
import { incidentPolicy, worse } from './policy.ts';

const Labels = z.record(z.string(), z.string()).default({});
const Alert = z.looseObject({
  status: z.enum(['firing', 'resolved']),
  labels: Labels,
  annotations: Labels,
  startsAt: z.string().optional(),
  endsAt: z.string().optional(),
  fingerprint: z.string().max(200).optional(),
});
/** Alertmanager's webhook, version 4: fields that it does not name here are let be. */
export const AlertmanagerBody = z.looseObject({
  version: z.literal('4', 'only version 4 is read').optional(),
  groupKey: z.string().min(1).max(8000),
  status: z.enum(['firing', 'resolved']),
  groupLabels: Labels,
  commonLabels: Labels,
  commonAnnotations: Labels,
  alerts: z.array(Alert).min(1).max(5000),
  truncatedAlerts: z.number().int().nonnegative().default(0),
});
export type AlertmanagerBody = z.infer<typeof AlertmanagerBody>;

export type TakeAlertmanager = Omit<OpenIncident, 'body' | 'source'> & { body: AlertmanagerBody };
export type TookAlertmanager = {
  incident: string | null;
  created: boolean;
  alerts: number;
  firing: number;
  journey?: JourneyRow;
};

/** Alerts of one group are one incident, however many and however often; that none fires any more, or one does again, is told to its run, which asks a person. */
export async function takeAlertmanager(tx: Tx, take: TakeAlertmanager): Promise<TookAlertmanager> {
  const { body, actor, catalog, now, perSecond } = take;
  const playbook = mustFind(catalog, INCIDENT_PLAYBOOKS.platform).definition;
  const policy = incidentPolicy(playbook);
  const labelled = body.alerts.map((one) => policy.alertSeverity(one.labels[policy.alertSeverityLabel]));
  const severity = body.alerts
    .map((one, i) => (one.status === 'firing' ? labelled[i]! : null))
    .reduce<Severity | null>(worse, null);
  const key = keyOf(body.groupKey);
  let incident = await openIncidentOf(tx, key);
  let journey: JourneyRow | undefined;
  if (!incident) {
    if (body.status === 'resolved') return { incident: null, created: false, alerts: 0, firing: 0 };
    const summary = summaryOf(body);
    const words = { title: policy.alertTitle, summary, key, ...(severity ? { severity } : {}) };
    const opened = await openIncident(tx, { ...take, body: words, source: 'alertmanager' });
    incident = opened.incident;
    journey = opened.journey;
  }
  const rows = rowsOf(body, labelled);
  const { fresh, fired, firing } = await putAlerts(tx, { incidentId: incident.id, alerts: rows, now: new Date(now) });
  const { truncatedAlerts } = body;
  if (truncatedAlerts !== incident.truncatedAlerts)
    incident = await changeIncident(tx, incident.id, { truncatedAlerts });
  const acting = { incident, playbook, policy, actor, now, perSecond };
  // Until a person has said how severe it is, the worst alert says so.
  if (
    severity &&
    !incident.acknowledgedAt &&
    worse(severity, incident.severity as Severity | null) !== incident.severity
  )
    await classify(tx, acting, severity);
  const again = journey === undefined && fired === 0 && firing > 0;
  if (firing === 0 || again)
    await tellIncident(tx, {
      incident,
      accountId: journeyAccount(incident),
      type: again ? 'incident.alerts_firing' : 'incident.alerts_resolved',
      actor,
      now: new Date(now),
    });
  return {
    incident: incident.id,
    created: journey !== undefined,
    alerts: fresh,
    firing,
    ...(journey ? { journey } : {}),
  };
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const keyOf = (groupKey: string) => `alertmanager:${groupKey.length > 400 ? hash(groupKey) : groupKey}`;

function rowsOf(body: AlertmanagerBody, severities: (Severity | null)[]): AlertRow[] {
  const rows = body.alerts.map(({ labels, status, startsAt, endsAt, fingerprint }, i): AlertRow => ({
    fingerprint: fingerprint ?? hash(JSON.stringify(Object.entries(labels).sort())),
    name: (labels.alertname ?? 'alert').slice(0, 200),
    severity: severities[i] ?? null,
    state: status,
    starts_at: instantOf(startsAt),
    ends_at: status === 'resolved' ? instantOf(endsAt) : null,
  }));
  return [...new Map(rows.map((row) => [row.fingerprint, row])).values()];
}

/** Alertmanager writes year 1 where it knows no time. */
function instantOf(text: string | undefined): string | null {
  const at = When.safeParse(text).success ? Date.parse(text!) : NaN;
  return at > 0 ? new Date(at).toISOString() : null;
}

function summaryOf({ commonAnnotations, commonLabels, groupLabels }: AlertmanagerBody): string {
  const words = commonAnnotations.summary ?? commonAnnotations.description ?? commonLabels.alertname;
  const labels = Object.entries({ ...groupLabels, ...commonLabels }).map(([name, value]) => `${name}=${value}`);
  return [words, labels.join(' ')].filter(Boolean).join('\n').slice(0, 5000) || 'Alerts without a name';
}
