import { and, eq } from 'drizzle-orm';
import type { Db } from '../../db/database.ts';
import { readIncident } from '../../db/queries/incidents/read-incident.ts';
import { readJourney } from '../../db/queries/journeys/read-journey.ts';
import { incidentUpdates, playbooks } from '../../db/schema/index.ts';
import type { BroadcastRow } from '../../db/schema/incidents.ts';
import { TenureError } from '../../workflows/contracts/errors.ts';
import type { StepContext } from '../deliver/context.ts';

/** One notice as its items are told: the step as if it told one account, and the words of the update. */
export type Notice = { broadcast: BroadcastRow; context: StepContext; words: Record<string, string> };

/** Reads what all items of a notice share. */
export async function readNotice(db: Db, broadcast: BroadcastRow, statusPage: string): Promise<Notice> {
  const version = and(eq(playbooks.id, broadcast.playbook), eq(playbooks.version, broadcast.version));
  const told = and(eq(incidentUpdates.incidentId, broadcast.incidentId), eq(incidentUpdates.n, broadcast.update));
  const [journey, incident, [published], [update]] = await Promise.all([
    readJourney(db, broadcast.journeyId),
    readIncident(db, broadcast.incidentId),
    db.select().from(playbooks).where(version),
    db.select().from(incidentUpdates).where(told),
  ]);
  const step = journey?.timetable.steps.find((one) => one.id === broadcast.step);
  const spec = published?.definition.stages.flatMap((one) => one.steps).find((one) => one.id === broadcast.step);
  if (!journey || !incident || !published || !update || !step || !spec)
    throw new TenureError('unknown-step', 'The notice belongs to a step that is not published here');
  return {
    broadcast,
    context: {
      journey,
      // Each item asks for itself whether the journey may still speak.
      hadEnded: false,
      level: published.definition.arbiter?.level,
      playbook: published.definition,
      publishedAt: published.publishedAt,
      step: { ...step, kind: 'message' },
      spec: { ...spec, kind: 'message' },
    },
    words: {
      incident_title: incident.title,
      incident_status: update.status,
      ...(incident.severity ? { incident_severity: incident.severity } : {}),
      update_message: update.message,
      ...(update.nextUpdateAt ? { next_update: update.nextUpdateAt.toISOString() } : {}),
      status_page: statusPage,
    },
  };
}
