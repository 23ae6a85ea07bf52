import { and, eq, gt, ne, or, sql } from 'drizzle-orm';
import type { Tx } from '../../database.ts';
import { journeys, messages, offers, playbooks } from '../../schema/index.ts';

/** Ids of what stands against an offer: the same one accepted since then, and another discount that is open, running or on its way. To be asked under the account's gate. */
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
  if (two || !by.discount) return two ? { discount: two } : {};
  const reserved = await discountOnItsWay(tx, by);
  return reserved ? { discount: reserved } : {};
}

/** The message of a discount that is reserved and whose offer is not open yet: that is written when its provider has answered. */
async function discountOnItsWay(
  tx: Tx,
  { accountId, except }: { accountId: string; except: { journeyId: string; step: string } },
): Promise<string | undefined> {
  const another = or(ne(messages.journeyId, except.journeyId), ne(messages.step, except.step));
  const isDiscount = sql`jsonb_path_exists(${playbooks.definition},
    '$.offers[*] ? (@.id == $offer && @.discount == true)', jsonb_build_object('offer', ${messages.offer}))`;
  const [row] = await tx
    .select({ id: messages.id })
    .from(messages)
    .innerJoin(journeys, eq(journeys.id, messages.journeyId))
    .innerJoin(playbooks, and(eq(playbooks.id, journeys.playbook), eq(playbooks.version, journeys.version)))
    .where(and(eq(messages.accountId, accountId), eq(messages.state, 'intended'), another, isDiscount))
    .limit(1);
  return row?.id;
}
