import { randomUUID } from 'node:crypto';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import type { Tx } from '../../database.ts';
import { holds } from '../../schema/index.ts';
import { recordAudit } from '../audit/record-audit.ts';
import { lockGate } from '../touches/lock-gate.ts';
import type { AnswerOffer } from './answer-offer.ts';
import type { OfferRow } from './list-offers.ts';

/** The level of the hold that stands while an account pays nothing: all but what passes it is silent. */
export const BILLING_PAUSE = 'billing-pause';

export type Pause = { months: number; until: Date };

/** What an accepted offer to pause billing comes to; undefined for any other answer. Throws `invalid-request` for months that were not offered. */
export function pauseOf(offer: OfferRow, i: Pick<AnswerOffer, 'answer' | 'months' | 'now'>): Pause | undefined {
  const most = offer.terms.pauseMonths;
  if (i.answer !== 'accepted' || typeof most !== 'number') {
    if (i.months === undefined) return undefined;
    throw new TenureError('invalid-request', 'Only an offer to pause billing is accepted for so many months', {
      errors: [{ pointer: '/months', detail: 'not of this offer' }],
    });
  }
  const months = i.months ?? most;
  if (!Number.isInteger(months) || months < 1 || months > most)
    throw new TenureError('invalid-request', `Billing can be paused for 1 to ${most} months`, {
      errors: [{ pointer: '/months', detail: `not 1 to ${most}` }],
    });
  return { months, until: plusMonths(i.now, months) };
}

/** Until when an accepted discount has its effect: so many months as its terms name, else one. */
export function discountEnds(offer: OfferRow, now: Date): Date {
  const { months, discount_months: named } = offer.terms;
  const given = typeof months === 'number' ? months : named;
  return plusMonths(now, typeof given === 'number' && given > 0 ? given : 1);
}

/** Asks for the pause and silences the account until its end, in the transaction of the answer. */
export async function pauseBilling(tx: Tx, offer: OfferRow, { months, until }: Pause, i: AnswerOffer): Promise<void> {
  const { accountId } = offer;
  await lockGate(tx, accountId);
  const hold = randomUUID();
  const reason = `billing is paused for ${months} ${months === 1 ? 'month' : 'months'}`;
  await tx
    .insert(holds)
    .values({ id: hold, accountId, level: BILLING_PAUSE, reason, by: `offer:${offer.id}`, at: i.now, until });
  await recordAudit(tx, {
    at: i.now,
    actor: i.actor,
    action: 'hold.placed',
    target: `account:${accountId}`,
    details: { hold, level: BILLING_PAUSE, until: until.toISOString(), offer: offer.id },
  });
  await i.store?.(tx, {
    id: `billing-pause:${offer.id}`,
    type: 'billing.pause_requested',
    account: accountId,
    data: { months, until: until.toISOString(), offer: offer.offer },
  });
}

/** The same day so many months on, or the last of a shorter month. */
function plusMonths(from: Date, months: number): Date {
  const at = new Date(from);
  const day = at.getUTCDate();
  at.setUTCDate(1);
  at.setUTCMonth(at.getUTCMonth() + months);
  const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
  at.setUTCDate(Math.min(day, last));
  return at;
}
