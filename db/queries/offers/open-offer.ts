import { randomUUID } from 'node:crypto';
import type { Tx } from '../../database.ts';
import { offers } from '../../schema/index.ts';

/** Records an offer that was put to the customer, once an occurrence of its step. */
export async function openOffer(tx: Tx, offer: Omit<typeof offers.$inferInsert, 'id' | 'state'>): Promise<void> {
  await tx
    .insert(offers)
    .values({ ...offer, id: randomUUID(), state: 'open' })
    .onConflictDoNothing();
}
