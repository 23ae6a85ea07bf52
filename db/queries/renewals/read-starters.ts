import { and, asc, inArray, isNull, lte, desc } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { contacts, metrics } from '../../schema/accounts.ts';

/** What starts need to know of many accounts at once: their contacts' roles and zones in order, and, where asked, the newest value of each metric. */
export async function readStarters(
  db: Db | Tx,
  ids: string[],
  i: { now: Date; metrics: boolean },
): Promise<(id: string) => { contacts: { role: string; timeZone: string | null }[]; metrics: Record<string, number> }> {
  const [people, figures] = await Promise.all([
    db
      .select({ accountId: contacts.accountId, role: contacts.role, timeZone: contacts.timeZone })
      .from(contacts)
      .where(and(inArray(contacts.accountId, ids), isNull(contacts.removedAt)))
      .orderBy(asc(contacts.position)),
    i.metrics
      ? db
          .selectDistinctOn([metrics.accountId, metrics.name])
          .from(metrics)
          .where(and(inArray(metrics.accountId, ids), lte(metrics.at, i.now)))
          .orderBy(asc(metrics.accountId), asc(metrics.name), desc(metrics.day))
      : [],
  ]);
  const [peopleOf, figuresOf] = [byAccount(people), byAccount(figures)];
  return (id) => ({
    contacts: peopleOf.get(id) ?? [],
    metrics: Object.fromEntries((figuresOf.get(id) ?? []).map(({ name, value }) => [name, value])),
  });
}

function byAccount<T extends { accountId: string }>(rows: T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.accountId);
    if (group) group.push(row);
    else groups.set(row.accountId, [row]);
  }
  return groups;
}
