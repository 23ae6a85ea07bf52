import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { Db, Tx } from '../../database.ts';
import { accounts, contacts } from '../../schema/accounts.ts';

export type AccountRow = typeof accounts.$inferSelect;
export type Consent = { given: boolean; source: string; at: Date };
export type Contact = typeof contacts.$inferSelect & { consent: Partial<Record<string, Consent>> };

/** The account's row, with a lock that lets others read and refer to it where asked. */
export async function readAccount(
  db: Db | Tx,
  id: string,
  options: { lock?: boolean } = {},
): Promise<AccountRow | undefined> {
  const query = db.select().from(accounts).where(eq(accounts.id, id));
  const [row] = await (options.lock ? query.for('no key update') : query);
  return row;
}

/** Rows of several accounts, locked in the order of their ids, so that two batches cannot block each other. */
export function lockAccounts(tx: Tx, ids: string[]): Promise<AccountRow[]> {
  return tx
    .select()
    .from(accounts)
    .where(sql`${accounts.id} = any(${sql.param(ids)}::text[])`)
    .orderBy(asc(accounts.id))
    .for('no key update');
}

/** The account of a journey, locked. */
export async function lockAccountOf(tx: Tx, journeyId: string): Promise<void> {
  await tx.execute(sql`
    select 1 from accounts where id = (select account_id from journeys where id = ${journeyId}::uuid) for no key update`);
}

/** Rows of several accounts, kept from being changed while others may read and share them, in the order of their ids. */
export function shareAccounts(tx: Tx, ids: string[]): Promise<AccountRow[]> {
  return tx
    .select()
    .from(accounts)
    .where(sql`${accounts.id} = any(${sql.param(ids)}::text[])`)
    .orderBy(asc(accounts.id))
    .for('share');
}

/** An account's present contacts in their order, each with the newest word of consent by channel. */
export async function readContacts(db: Db | Tx, accountId: string): Promise<Contact[]> {
  const rows = await db
    .select()
    .from(contacts)
    .where(and(eq(contacts.accountId, accountId), isNull(contacts.removedAt)))
    .orderBy(asc(contacts.position));
  if (rows.length === 0) return [];
  const words = await db.execute<{
    contact_id: string;
    channel: string;
    given: boolean;
    source: string;
    at: string | Date;
  }>(sql`
    select distinct on (contact_id, channel) contact_id, channel, given, source, at from consents
    where contact_id = any(${sql.param(rows.map((row) => row.id))}::uuid[])
    order by contact_id, channel, recorded_at desc, given, id desc`);
  return rows.map((row) => ({
    ...row,
    consent: Object.fromEntries(
      words
        .filter((word) => word.contact_id === row.id)
        .map((word) => [word.channel, { given: word.given, source: word.source, at: new Date(word.at) }]),
    ),
  }));
}
