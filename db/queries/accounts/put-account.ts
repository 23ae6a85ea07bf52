import { randomUUID } from 'node:crypto';
import { and, eq, isNull, notInArray, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { accounts, consents, contacts, gates } from '../../schema/accounts.ts';
import type { AccountRow } from './read-account.ts';
import { readAccount, readContacts } from './read-account.ts';

export type NewContact = {
  role: string;
  name?: string;
  email?: string;
  phone?: string;
  timeZone?: string;
  consents: { channel: string; given: boolean; source: string; at: Date }[];
};
export type NewAccount = {
  id: string;
  name: string;
  plan: string;
  timeZone: string;
  industry?: string;
  /** Merged into what is known; null takes a fact away. */
  facts?: Record<string, unknown>;
  contacts: NewContact[];
};

const merged = (known: Record<string, unknown>, given: Record<string, unknown> = {}) =>
  Object.fromEntries(Object.entries({ ...known, ...given }).filter(([, value]) => value !== null));

/** Writes an account and its contacts, known by role; returns the row as it was before and as it is now. */
export async function putAccount(
  tx: Tx,
  account: NewAccount,
  now: Date,
): Promise<{ before?: AccountRow; after: AccountRow }> {
  const { contacts: people, ...given } = account;
  const columns = { name: given.name, plan: given.plan, timeZone: given.timeZone, industry: given.industry ?? null };
  const fresh = { id: given.id, ...columns, facts: merged({}, given.facts), rev: 1, createdAt: now, updatedAt: now };
  const [created] = await tx.insert(accounts).values(fresh).onConflictDoNothing().returning();
  if (created) {
    await tx.insert(gates).values({ accountId: given.id }).onConflictDoNothing();
    await putContacts(tx, given.id, people, now);
    return { after: created };
  }
  const before = (await readAccount(tx, given.id, { lock: true }))!;
  if (before.erasedAt || before.closedAt) return { before, after: before };
  const [after] = await tx
    .update(accounts)
    .set({ ...columns, facts: merged(before.facts, given.facts), rev: sql`${accounts.rev} + 1`, updatedAt: now })
    .where(eq(accounts.id, given.id))
    .returning();
  await putContacts(tx, given.id, people, now);
  return { before, after: after! };
}

async function putContacts(tx: Tx, accountId: string, people: NewContact[], now: Date): Promise<void> {
  const known = await readContacts(tx, accountId);
  const words: (typeof consents.$inferInsert)[] = [];
  for (const [position, person] of people.entries()) {
    const { consents: given, role, ...rest } = person;
    const values = {
      position,
      name: rest.name ?? null,
      email: rest.email ?? null,
      phone: rest.phone ?? null,
      timeZone: rest.timeZone ?? null,
    };
    const before = known.find((contact) => contact.role === role);
    const id = before?.id ?? randomUUID();
    if (before) await tx.update(contacts).set(values).where(eq(contacts.id, id));
    else await tx.insert(contacts).values({ id, accountId, role, ...values });
    for (const word of given)
      if (before?.consent[word.channel]?.given !== word.given)
        words.push({ id: randomUUID(), contactId: id, recordedAt: now, ...word });
  }
  if (words.length > 0) await tx.insert(consents).values(words);
  await tx
    .update(contacts)
    .set({ removedAt: now })
    .where(
      and(
        eq(contacts.accountId, accountId),
        isNull(contacts.removedAt),
        notInArray(
          contacts.role,
          people.map((person) => person.role),
        ),
      ),
    );
}
