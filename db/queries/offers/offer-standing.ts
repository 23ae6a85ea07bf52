import { and, eq, gt, ne, or, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { offers } from '../../schema/index.ts';

/** Ids of what stands against an offer: the same one accepted since then, and another discount that is open or running. */
export async function offerStanding(
  tx: Tx,
  by: {
    accountId: string;
    offer: string;
    takenSince: Date | null;
    discount: boolean;
    except: { journeyId: string; step: string };
    now: Date;
  },
): Promise<{ taken?: string; discount?: string }> {
  const of = eq(offers.accountId, by.accountId);
  const taken =
    by.takenSince === null
      ? undefined
      : and(eq(offers.offer, by.offer), eq(offers.state, 'accepted'), gt(offers.answeredAt, by.takenSince));
  const another = or(ne(offers.journeyId, by.except.journeyId), ne(offers.step, by.except.step));
  const open = and(eq(offers.state, 'open'), or(sql`${offers.expiresAt} is null`, gt(offers.expiresAt, by.now)));
  const running = and(eq(offers.state, 'accepted'), gt(offers.runsUntil, by.now));
  const find = async (what: ReturnType<typeof and>) => {
    const [row] = await tx.select({ id: offers.id }).from(offers).where(and(of, what)).limit(1);
    return row?.id;
  };
  const one = taken && (await find(taken));
  if (one) return { taken: one };
  const two = by.discount ? await find(and(eq(offers.discount, true), another, or(open, running))) : undefined;
  return two ? { discount: two } : {};
}
