import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { pages } from '../../schema/index.ts';
import type { IncidentRow } from '../../schema/incidents.ts';
import { DELIVERIES_CHANNEL } from '../deliveries/tell-journeys.ts';
import { incidentOfJourney } from '../incidents/read-incident.ts';

export type AskPage = {
  /** De-duplicates: asked for twice, it is one page. */
  key: string;
  journeyId: string | null;
  role: string;
  severity: 'info' | 'warning' | 'error' | 'critical';
  /** No personal data: it leaves for the pager. */
  title: string;
  provider?: string;
  now: Date;
};

/** Has somebody called, in the caller's transaction; the dispatcher tells the pager once that commits. Of an incident it says which. False when it was asked for before. */
export async function askPage(tx: Tx, { key, journeyId, role, severity, now, ...asked }: AskPage): Promise<boolean> {
  const incident = journeyId === null ? undefined : await incidentOfJourney(tx, journeyId);
  const title = incident ? `${asked.title}: ${nameOf(incident)}` : asked.title;
  const added = await tx
    .insert(pages)
    .values({
      key,
      journeyId,
      role,
      severity,
      title,
      state: 'triggered',
      attempts: 0,
      nextAt: now,
      at: now,
      changedAt: now,
    })
    .onConflictDoNothing()
    .returning({ key: pages.key });
  if (added.length > 0) await tx.execute(sql`select pg_notify(${DELIVERIES_CHANNEL}, '')`);
  return added.length > 0;
}

/** By its public title, or what its alerts say while nobody has found one; `summary` of a person may hold anything. */
function nameOf({ id, severity, source, title, summary }: IncidentRow): string {
  const words = (source === 'alertmanager' && summary?.split('\n')[0]) || title;
  return `${severity ? `${severity} ` : ''}${words.slice(0, 200)} (${id})`;
}
