import { publicIncidents } from '../../db/queries/incidents/read-incident.ts';
import type { Db } from '../../db/database.ts';
import type { Severity } from '../../workflows/contracts/incidents.ts';

export type PublicUpdate = { status: string; message: string; at: string };
/** An incident as everybody may see it: public words alone, no names, no severity code, no source. */
export type PublicIncident = {
  id: string;
  title: string;
  status: string;
  impact: Impact;
  startedAt: string;
  updatedAt: string;
  resolvedAt: string | null;
  nextUpdateAt: string | null;
  updates: PublicUpdate[];
};
export type Impact = 'minor' | 'degraded' | 'partial' | 'major';
export type PublicStatus = {
  indicator: 'operational' | Impact;
  description: string;
  updatedAt: string;
  incidents: PublicIncident[];
  past: PublicIncident[];
};

const IMPACT: Record<Severity, Impact> = {
  'SEV-1': 'major',
  'SEV-2': 'partial',
  'SEV-3': 'degraded',
  'SEV-4': 'minor',
};
const WORST: Impact[] = ['major', 'partial', 'degraded', 'minor'];
export const DESCRIPTION: Record<PublicStatus['indicator'], string> = {
  operational: 'All systems operational',
  minor: 'Minor issue',
  degraded: 'Degraded performance',
  partial: 'Partial outage',
  major: 'Major outage',
};
/** How far back the past goes, in days. */
export const PAST_DAYS = 14;
const MOST = 100;

/** What the public sees at an instant. */
export async function publicStatus(db: Db, now: number): Promise<PublicStatus> {
  const rows = await publicIncidents(db, { since: new Date(now - PAST_DAYS * 86_400_000), limit: MOST });
  const all = rows.map((row): PublicIncident & { current: boolean } => ({
    id: row.id,
    title: row.title,
    status: row.status,
    impact: IMPACT[(row.severity ?? 'SEV-3') as Severity],
    startedAt: row.openedAt.toISOString(),
    updatedAt: (row.said[0]?.at ?? row.openedAt).toISOString(),
    resolvedAt: row.resolvedAt?.toISOString() ?? null,
    nextUpdateAt: row.nextUpdateAt?.toISOString() ?? null,
    updates: row.said.map(({ status, message, at }) => ({ status, message, at: at.toISOString() })),
    current: row.resolvedAt === null && row.closedAt === null,
  }));
  const strip = ({ current: _current, ...one }: (typeof all)[number]): PublicIncident => one;
  const incidents = all.filter((one) => one.current).map(strip);
  const indicator = WORST.find((impact) => incidents.some((one) => one.impact === impact)) ?? 'operational';
  return {
    indicator,
    description: DESCRIPTION[indicator],
    updatedAt: new Date(now).toISOString(),
    incidents,
    past: all.filter((one) => !one.current).map(strip),
  };
}
