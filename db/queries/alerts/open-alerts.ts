import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { tasks } from '../../schema/work.ts';

export type NewAlert = { accountId: string; type: string; eventId: string; at: Date };
/** What staff are asked to do about an alert of a type. */
export type Asked = { title: string; instructions: string; to: string[]; due: number };

/** Opens alerts; one that is open already for account and type stands for the new event too. A new one gives a task to each of its roles. */
export async function openAlerts(tx: Tx, given: NewAlert[], asked: (type: string) => Asked, now: Date): Promise<void> {
  const merged = new Map<string, NewAlert & { count: number }>();
  for (const one of given) {
    const key = `${one.accountId} ${one.type}`;
    const known = merged.get(key);
    merged.set(key, { ...(known ?? one), count: (known?.count ?? 0) + 1 });
  }
  if (merged.size === 0) return;
  const rows = [...merged.values()].map((one) => ({ id: randomUUID(), ...one, at: one.at.toISOString() }));
  const opened = await tx.execute<{ id: string; account_id: string; type: string }>(sql`
    insert into alerts (id, account_id, type, event_id, count, opened_at, last_at)
    select id, "accountId", type, "eventId", count, at, at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id uuid, "accountId" text, type text, "eventId" text, count int, at timestamptz)
    on conflict (account_id, type) where closed_at is null
      do update set count = alerts.count + excluded.count, last_at = greatest(alerts.last_at, excluded.last_at)
    returning id, account_id, type`);
  const mine = new Set<string>(rows.map((row) => row.id));
  const fresh = opened
    .filter((row) => mine.has(row.id))
    .flatMap((row) => asked(row.type).to.map((role) => taskOf(row, role, asked(row.type), now)));
  if (fresh.length > 0) await tx.insert(tasks).values(fresh).onConflictDoNothing();
}

const taskOf = (
  alert: { id: string; account_id: string },
  role: string,
  { title, instructions, due }: Asked,
  now: Date,
): typeof tasks.$inferInsert => ({
  id: randomUUID(),
  key: `alert:${alert.id}/${role}`,
  accountId: alert.account_id,
  n: 1,
  ...{ title, instructions, ownerRole: role, level: 0, state: 'open' },
  dueAt: new Date(now.getTime() + due),
  createdAt: now,
});
