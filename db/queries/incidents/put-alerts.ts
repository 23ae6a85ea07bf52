import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';

export type AlertRow = {
  fingerprint: string;
  name: string;
  severity: string | null;
  state: 'firing' | 'resolved';
  starts_at: string | null;
  ends_at: string | null;
};

/** Stores alerts of an incident, one row a fingerprint. Answers how many were not known, and how many fired before and fire now. */
export async function putAlerts(
  tx: Tx,
  i: { incidentId: string; alerts: AlertRow[]; now: Date },
): Promise<{ fresh: number; fired: number; firing: number }> {
  const { incidentId, alerts, now } = i;
  const at = now.toISOString();
  const fired = await firingOf(tx, incidentId);
  const stored = await tx.execute<{ fresh: boolean }>(sql`
    insert into incident_alerts (incident_id, fingerprint, name, severity, state, starts_at, ends_at, seen_at, times)
    select ${incidentId}::uuid, x.fingerprint, x.name, x.severity, x.state, x.starts_at, x.ends_at, ${at}::timestamptz, 1
    from jsonb_to_recordset(${JSON.stringify(alerts)}::jsonb)
      x(fingerprint text, name text, severity text, state text, starts_at timestamptz, ends_at timestamptz)
    on conflict (incident_id, fingerprint) do update
      set state = excluded.state, severity = excluded.severity, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
        seen_at = excluded.seen_at, times = incident_alerts.times + 1
    returning (xmax = 0) as fresh`);
  return { fresh: stored.filter((one) => one.fresh).length, fired, firing: await firingOf(tx, incidentId) };
}

async function firingOf(tx: Tx, incidentId: string): Promise<number> {
  const [row] = await tx.execute<{ n: number }>(sql`
    select count(*)::int n from incident_alerts where incident_id = ${incidentId}::uuid and state = 'firing'`);
  return row!.n;
}
