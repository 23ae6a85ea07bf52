import { randomUUID } from 'node:crypto';
import { and, eq, isNull } from 'drizzle-orm';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import type { Db } from '../../database.ts';
import { accounts, contacts, holds } from '../../schema/index.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { awaitInFlight } from '../ledger/in-flight.ts';
import { placedBefore } from './placed-before.ts';
import { lockGate } from '../touches/lock-gate.ts';

export type HoldRow = typeof holds.$inferSelect;
export type PlaceHold = {
  /** The same for a repetition, which finds the hold placed; default random. */
  id?: string;
  accountId: string;
  contactId?: string | null;
  /** `person` holds all; otherwise a level of the arbiter's policy, which holds what ranks lower. */
  level?: string;
  reason: string;
  until?: Date | null;
  actor: string;
  now: Date;
  /** How long to wait for what is at a provider already; default longer than a provider may take. */
  patienceMs?: number;
};

/**
 * Lets nobody speak to an account (or one contact of it). Effective with its commit; answers once what was at a provider has settled, and how many
 * messages had not when patience ended. Throws `unknown-account`, `unknown-item` (contact), `invalid-date`.
 */
export async function placeHold(db: Db, i: PlaceHold): Promise<{ hold: HoldRow; inFlight: number }> {
  if (i.until && i.until <= i.now)
    throw new TenureError('invalid-date', 'A hold must end in the future.', {
      errors: [{ pointer: '/until', detail: 'not in the future' }],
    });
  const id = i.id ?? randomUUID();
  const hold = await db.transaction(async (tx) => {
    const [account] = await tx.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, i.accountId));
    if (!account) throw new TenureError('unknown-account', 'There is no such account');
    if (i.contactId) {
      const of = and(eq(contacts.id, i.contactId), eq(contacts.accountId, i.accountId), isNull(contacts.removedAt));
      const [contact] = await tx.select({ id: contacts.id }).from(contacts).where(of);
      if (!contact) throw new TenureError('unknown-item', 'The account has no such contact');
    }
    // Under the gate, so that every touch of the account has either reserved its message or will see the hold.
    await lockGate(tx, i.accountId);
    const [row] = await tx
      .insert(holds)
      .values({
        id,
        accountId: i.accountId,
        contactId: i.contactId ?? null,
        level: i.level ?? 'person',
        reason: i.reason,
        by: i.actor,
        at: i.now,
        until: i.until ?? null,
      })
      .onConflictDoNothing()
      .returning();
    if (!row) return placedBefore(await tx.select().from(holds).where(eq(holds.id, id)), i.now);
    const details = {
      hold: row.id,
      level: row.level,
      contact: row.contactId,
      until: row.until?.toISOString() ?? null,
    };
    await recordAudit(tx, {
      at: i.now,
      actor: i.actor,
      action: 'hold.placed',
      target: `account:${i.accountId}`,
      reason: i.reason,
      details,
    });
    return row;
  });
  const scope = { accountId: i.accountId, contactId: i.contactId ?? null, legal: false as const };
  return { hold, inFlight: await awaitInFlight(db, scope, i.now, i.patienceMs ?? 13_000) };
}
