import { and, asc, eq, inArray, isNull, lte, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { deliveries, journeys } from '../../schema/index.ts';

/**
 * Takes one account that has something to tell: its oldest open delivery, locked. Whoever holds that row tells everything of the account, so that
 * two dispatchers never change the order of one account. `except`: accounts that are left alone for now.
 */
export async function claimAccount(tx: Tx, now: Date, except: string[] = []): Promise<string | undefined> {
  const [row] = await tx.execute<{ account_id: string }>(sql`
    select d.account_id from deliveries d
    where d.delivered_at is null and d.not_before <= ${now.toISOString()}::timestamptz
      and not (d.account_id = any(${sql.param(except)}::text[]))
      and not exists (
        select 1 from deliveries e
        where e.account_id = d.account_id and e.delivered_at is null and e.not_before <= ${now.toISOString()}::timestamptz and e.seq < d.seq)
    order by d.seq limit 1 for update of d skip locked`);
  return row?.account_id;
}

/** What an account's runs have yet to be told at `now`, in order, with the run of each. */
export function openDeliveriesOf(tx: Tx, accountId: string, now: Date, limit: number) {
  return tx
    .select({
      seq: deliveries.seq,
      journeyId: deliveries.journeyId,
      happening: deliveries.happening,
      workflowId: journeys.lock,
      state: journeys.state,
      endedAt: journeys.endedAt,
    })
    .from(deliveries)
    .innerJoin(journeys, eq(journeys.id, deliveries.journeyId))
    .where(and(eq(deliveries.accountId, accountId), isNull(deliveries.deliveredAt), lte(deliveries.notBefore, now)))
    .orderBy(asc(deliveries.seq))
    .limit(limit);
}
export type OpenDelivery = Awaited<ReturnType<typeof openDeliveriesOf>>[number];

/** Marks what was told, or why it was told to nobody. */
export async function markDelivered(tx: Tx, seqs: number[], now: Date, note: string | null): Promise<void> {
  if (seqs.length === 0) return;
  await tx.update(deliveries).set({ deliveredAt: now, note }).where(inArray(deliveries.seq, seqs));
}
