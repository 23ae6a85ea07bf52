import { and, asc, count, desc, eq, gte, isNotNull, isNull, or, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { broadcastItems, broadcasts, incidentAlerts, incidentUpdates, incidents } from '../../schema/index.ts';
import type { IncidentRow } from '../../schema/incidents.ts';

/** One incident; `lock`: nobody else changes it until this transaction ends. */
export async function readIncident(tx: Tx | Db, id: string, lock = false): Promise<IncidentRow | undefined> {
  const query = tx.select().from(incidents).where(eq(incidents.id, id));
  const [row] = lock ? await query.for('update') : await query;
  return row;
}

/** The open incident that its opener knows by this key, locked. */
export async function openIncidentOf(tx: Tx, key: string): Promise<IncidentRow | undefined> {
  const [row] = await tx
    .select()
    .from(incidents)
    .where(and(eq(incidents.key, key), isNull(incidents.resolvedAt), isNull(incidents.closedAt)))
    .for('update');
  return row;
}

/** The incident that a journey runs for. */
export async function incidentOfJourney(tx: Tx | Db, journeyId: string): Promise<IncidentRow | undefined> {
  const [row] = await tx.select().from(incidents).where(eq(incidents.journeyId, journeyId));
  return row;
}

export type IncidentFilter = { kind?: string; open?: boolean; severity?: string };

/** Incidents, newest first. */
export function listIncidents(
  db: Db,
  { kind, open, severity }: IncidentFilter,
  { after, limit }: { after?: { at: string; id: string }; limit: number },
): Promise<IncidentRow[]> {
  return db
    .select()
    .from(incidents)
    .where(
      and(
        kind ? eq(incidents.kind, kind) : undefined,
        severity ? eq(incidents.severity, severity) : undefined,
        open === undefined ? undefined : open ? isNull(incidents.closedAt) : isNotNull(incidents.closedAt),
        after
          ? sql`(${incidents.openedAt}, ${incidents.id}) < (${after.at}::timestamptz, ${after.id}::uuid)`
          : undefined,
      ),
    )
    .orderBy(desc(incidents.openedAt), desc(incidents.id))
    .limit(limit);
}

/** What the public was told about one incident, oldest first. */
export function updatesOf(tx: Tx | Db, incidentId: string) {
  return tx
    .select()
    .from(incidentUpdates)
    .where(eq(incidentUpdates.incidentId, incidentId))
    .orderBy(asc(incidentUpdates.n));
}

/** Incidents of which the public knows: those that are not resolved, and those opened since; newest first, each with its updates. */
export async function publicIncidents(db: Db, { since, limit }: { since: Date; limit: number }) {
  const rows = await db
    .select()
    .from(incidents)
    .where(
      and(
        eq(incidents.kind, 'platform'),
        sql`${incidents.updates} > 0`,
        or(and(isNull(incidents.resolvedAt), isNull(incidents.closedAt)), gte(incidents.openedAt, since)),
      ),
    )
    .orderBy(desc(incidents.openedAt), desc(incidents.id))
    .limit(limit);
  if (rows.length === 0) return [];
  const updates = await db
    .select()
    .from(incidentUpdates)
    .where(sql`${incidentUpdates.incidentId} = any(${sql.param(rows.map((row) => row.id))}::uuid[])`)
    .orderBy(desc(incidentUpdates.n));
  return rows.map((row) => ({ ...row, said: updates.filter((one) => one.incidentId === row.id) }));
}

/** Alerts of an incident, by state. */
export function alertCounts(tx: Tx | Db, incidentId: string) {
  return tx
    .select({ state: incidentAlerts.state, count: count() })
    .from(incidentAlerts)
    .where(eq(incidentAlerts.incidentId, incidentId))
    .groupBy(incidentAlerts.state);
}

/** Notices of an incident, oldest first, with how many accounts each outcome has. */
export async function noticesOf(db: Db, incidentId: string) {
  const [rows, counts] = await Promise.all([
    db.select().from(broadcasts).where(eq(broadcasts.incidentId, incidentId)).orderBy(asc(broadcasts.createdAt)),
    db
      .select({ id: broadcastItems.broadcastId, outcome: broadcastItems.outcome, count: count() })
      .from(broadcastItems)
      .innerJoin(broadcasts, eq(broadcasts.id, broadcastItems.broadcastId))
      .where(eq(broadcasts.incidentId, incidentId))
      .groupBy(broadcastItems.broadcastId, broadcastItems.outcome),
  ]);
  return rows.map((row) => ({
    ...row,
    outcomes: Object.fromEntries(
      counts.filter((one) => one.id === row.id).map((one) => [one.outcome ?? 'pending', one.count]),
    ),
  }));
}

/** What became of one notice, account by account. */
export function listNoticeItems(db: Db, broadcastId: string, { after, limit }: { after?: number; limit: number }) {
  return db
    .select()
    .from(broadcastItems)
    .where(
      and(
        eq(broadcastItems.broadcastId, broadcastId),
        after === undefined ? undefined : sql`${broadcastItems.position} > ${after}`,
      ),
    )
    .orderBy(asc(broadcastItems.position))
    .limit(limit);
}
