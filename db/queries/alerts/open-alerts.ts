import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { tasks } from '../../schema/work.ts';
import { askPage } from '../pages/ask-page.ts';
import type { AskPage } from '../pages/ask-page.ts';
import { OWNER_ROLES } from '../../../workflows/contracts/owner-roles.ts';
import { holdForAlerts, ofAlert } from './alert-holds.ts';

type Opened = { id: string; account_id: string; type: string; owner: string | null };
export type NewAlert = { accountId: string; type: string; eventId: string; at: Date };
/** What staff are asked to do about an alert of a type. */
export type Asked = {
  title: string;
  instructions: string;
  to: string[];
  due: number;
  page?: AskPage['severity'] | undefined;
  /** What ranks lower waits while it is open, but no longer than so many ms. */
  holds?: { level: string; atMost: number } | undefined;
};

/** Opens alerts; one that is open already for account and type stands for the new event too. A new one gives a task to each of its roles, and to whoever looks after the account where that is the role; calls them, and holds others back, where that is asked. */
export async function openAlerts(tx: Tx, given: NewAlert[], asked: (type: string) => Asked, now: Date): Promise<void> {
  const merged = new Map<string, NewAlert & { count: number }>();
  for (const one of given) {
    const key = `${one.accountId} ${one.type}`;
    const known = merged.get(key);
    merged.set(key, { ...(known ?? one), count: (known?.count ?? 0) + 1 });
  }
  if (merged.size === 0) return;
  const rows = [...merged.values()].map((one) => ({ id: randomUUID(), ...one, at: one.at.toISOString() }));
  const opened = await tx.execute<Opened>(sql`
    insert into alerts (id, account_id, type, event_id, count, opened_at, last_at)
    select id, "accountId", type, "eventId", count, at, at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id uuid, "accountId" text, type text, "eventId" text, count int, at timestamptz)
    on conflict (account_id, type) where closed_at is null
      do update set count = alerts.count + excluded.count, last_at = greatest(alerts.last_at, excluded.last_at)
    returning id, account_id, type, (select c.owner from crm_accounts c where c.account_id = alerts.account_id) as owner`);
  const mine = new Set<string>(rows.map((row) => row.id));
  const fresh = opened.filter((row) => mine.has(row.id));
  const wanted = fresh.flatMap((row) => asked(row.type).to.map((role) => taskOf(row, role, asked(row.type), now)));
  if (wanted.length > 0) await tx.insert(tasks).values(wanted).onConflictDoNothing();
  const held = fresh.flatMap(({ id: alert, account_id: accountId, type }) => {
    const { holds, title: reason } = asked(type);
    return holds
      ? [{ alert, accountId, level: holds.level, reason, until: new Date(now.getTime() + holds.atMost) }]
      : [];
  });
  await holdForAlerts(tx, held, now);
  for (const row of fresh) {
    const { title, to, page: severity } = asked(row.type);
    const page = { key: ofAlert(row.id), journeyId: null, role: to.join(', '), title: `${title}: ${row.account_id}` };
    if (severity) await askPage(tx, { ...page, severity, now });
  }
}

const taskOf = (
  alert: Opened,
  role: string,
  { title, instructions, due }: Asked,
  now: Date,
): typeof tasks.$inferInsert => ({
  id: randomUUID(),
  key: `${ofAlert(alert.id)}/${role}`,
  accountId: alert.account_id,
  n: 1,
  owner: OWNER_ROLES.includes(role) ? alert.owner : null,
  ...{ title, instructions, ownerRole: role, level: 0, state: 'open' },
  dueAt: new Date(now.getTime() + due),
  createdAt: now,
});
