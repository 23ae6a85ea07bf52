import { eq, getTableColumns, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { rowsOf } from '../../rows-of.ts';
import { accounts, contacts, holds, stops } from '../../schema/index.ts';
import { statement } from '../../statement.ts';
import { newestMetricsOf } from '../accounts/read-metrics.ts';
import type { NewestMetric } from '../accounts/read-metrics.ts';

export type ContactRow = typeof contacts.$inferSelect;
export type TouchFacts = Awaited<ReturnType<typeof loadTouch>>;

const id = sql.placeholder('accountId');
const now = sql`${sql.placeholder('now')}::timestamptz`;

const touch = statement((db) =>
  db
    .select({
      account: getTableColumns(accounts),
      contacts: rowsOf(contacts, { where: eq(contacts.accountId, id), order: sql`${contacts.position}` }),
      holds: rowsOf(holds, {
        where: sql`${holds.accountId} = ${id} and ${holds.releasedAt} is null and (${holds.until} is null or ${holds.until} > ${now})`,
        order: sql`${holds.at}`,
      }),
      stops: rowsOf(stops, { where: sql`${stops.releasedAt} is null`, order: sql`${stops.at}` }),
      metrics: sql<NewestMetric[]>`(select coalesce(jsonb_agg(m), '[]') from (${newestMetricsOf(id, now)}) m)`,
    })
    .from(accounts)
    .where(eq(accounts.id, id)),
);

const NOTHING = { account: undefined, contacts: [], holds: [], stops: [], metrics: [] };

/** An account with all that decides about a touch of it at `now`, in one look: contacts in order, open holds and stops, newest metrics. */
export async function loadTouch(tx: Tx, accountId: string, now: Date) {
  const [row] = await touch(tx, { accountId, now: now.toISOString() });
  return row ?? NOTHING;
}

const of = {
  contactId: sql.placeholder('contactId'),
  channel: sql.placeholder('channel'),
  addressHash: sql.placeholder('addressHash'),
  class: sql.placeholder('class'),
  since: sql.placeholder('since'),
  except: sql.placeholder('except'),
};

const recipient = statement<
  { consent: boolean | null; suppressed: { scope: string; reason: string }[]; sent: number[] }[]
>(
  () => sql`
      select
        (select c.given from consents c where c.contact_id = ${of.contactId}::uuid and c.channel = ${of.channel}
          order by c.recorded_at desc, c.at desc, c.given limit 1) as consent,
        (select coalesce(jsonb_agg(jsonb_build_object('scope', s.scope, 'reason', s.reason)), '[]') from suppressions s
          where s.channel in (${of.channel}, 'all') and s.address_hash = ${of.addressHash}) as suppressed,
        (select coalesce(jsonb_agg((
            select count(*) from messages m where m.contact_id = ${of.contactId}::uuid and m.channel = ${of.channel} and m.class = ${of.class}
              and m.counts_for_cap and m.intended_at > from_.at::timestamptz and (${of.except}::uuid is null or m.id <> ${of.except}::uuid)
          ) order by from_.n), '[]') from jsonb_array_elements_text(${of.since}::jsonb) with ordinality from_(at, n)) as sent`,
);

/**
 * The newest word of a contact about a channel (null when nothing was ever said), what suppresses the address, and how many messages of the class count
 * against a cap since each of these moments: reserved, sent or in doubt, but for the one in question.
 */
export async function loadRecipient(
  tx: Tx,
  by: { contactId: string; channel: string; addressHash: string | null; class: string; since: Date[]; except?: string },
) {
  const [row] = await recipient(tx, { ...by, since: JSON.stringify(by.since) });
  return row!;
}
