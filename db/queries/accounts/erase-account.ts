import { eq, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { accounts } from '../../schema/accounts.ts';

/** Wipes all that is personal of an account, in every table that holds any; ids, times and decisions stay. */
export async function eraseAccount(tx: Tx, id: string, now: Date): Promise<void> {
  await tx
    .update(accounts)
    .set({ name: '', industry: null, facts: {}, erasedAt: now, updatedAt: now, rev: sql`${accounts.rev} + 1` })
    .where(eq(accounts.id, id));
  const at = sql`${now.toISOString()}::timestamptz`;
  await tx.execute(
    sql`update contacts set changed_in = pg_current_xact_id(), name = null, email = null, phone = null, removed_at = coalesce(removed_at, ${at}) where account_id = ${id}`,
  );
  await tx.execute(
    sql`update messages set "to" = null, subject = null, html = null, text = '', headers = '{}', receipt = null where account_id = ${id}`,
  );
  await tx.execute(sql`update events set data = '{}' where account_id = ${id}`);
  await tx.execute(sql`update crm_notes set changed_in = pg_current_xact_id(), text = '' where account_id = ${id}`);
  await tx.execute(
    sql`update tasks set changed_in = pg_current_xact_id(), instructions = '', data = '{}' where account_id = ${id}`,
  );
  await tx.execute(sql`update incidents set title = '', summary = null, post_mortem = null where account_id = ${id}`);
  await tx.execute(sql`update surveys set comment = null where account_id = ${id}`);
  await tx.execute(
    sql`update commands set reason = '', body = body - 'words' where journey_id in (select id from journeys where account_id = ${id})`,
  );
  await tx.execute(sql`update holds set reason = '' where account_id = ${id}`);
  await tx.execute(
    sql`update consents set source = 'erased' where contact_id in (select id from contacts where account_id = ${id})`,
  );
  // Who did what and when stays; why is free text of staff, and may tell of a person.
  await tx.execute(sql`update audit set reason = null where reason is not null and target in (
    select ${`account:${id}`}
    union all select 'journey:' || id from journeys where account_id = ${id}
    union all select 'task:' || id from tasks where account_id = ${id}
    union all select 'message:' || id from messages where account_id = ${id})`);
  // Answers that are kept for a repeated Idempotency-Key repeat what they answered.
  await tx.execute(sql`delete from idempotency_keys where body->>'account' = ${id}
    or body->>'journey' in (select id::text from journeys where account_id = ${id})`);
  await tx.execute(sql`delete from metrics where account_id = ${id}`);
  await tx.execute(sql`delete from usage_days where account_id = ${id}`);
  await tx.execute(sql`update scores set inputs = '{}', contributions = '[]' where account_id = ${id}`);
  await tx.execute(sql`update band_overrides set reason = '' where account_id = ${id}`);
  await tx.execute(
    sql`update alerts set outcome = null, closed_at = coalesce(closed_at, ${at}), closed_by = coalesce(closed_by, 'erased') where account_id = ${id}`,
  );
  // One that is being met just now is forgotten by whoever meets it.
  await tx.execute(sql`delete from score_requests where seq in (
    select seq from score_requests where account_id = ${id} for update skip locked)`);
}
