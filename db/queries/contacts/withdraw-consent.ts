import { randomUUID } from 'node:crypto';
import { and, asc, desc, eq } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { consents, contacts } from '../../schema/accounts.ts';

/** A contact, locked, whether or not it still belongs to its account. */
export async function readContact(tx: Tx, id: string) {
  const [row] = await tx.select().from(contacts).where(eq(contacts.id, id)).for('no key update');
  return row;
}

/** Writes down that a contact said no on a channel; false when that is its newest word already. */
export async function withdrawConsent(
  tx: Tx,
  no: { contactId: string; channel: string; source: string; at: Date },
): Promise<boolean> {
  const [newest] = await tx
    .select({ given: consents.given })
    .from(consents)
    .where(and(eq(consents.contactId, no.contactId), eq(consents.channel, no.channel)))
    .orderBy(desc(consents.recordedAt), asc(consents.given))
    .limit(1);
  if (newest?.given === false) return false;
  await tx.insert(consents).values({ id: randomUUID(), given: false, recordedAt: no.at, ...no });
  return true;
}
