import { and, eq } from 'drizzle-orm';
import { TenureError } from '../../../workflows/contracts/errors.ts';
import type { Db, Tx } from '../../database.ts';
import { journeys, offers, playbooks } from '../../schema/index.ts';
import { lockAccounts } from '../accounts/read-account.ts';
import { openOpportunity } from '../crm/write-crm.ts';
import { recordDecision } from '../decisions/record-decision.ts';
import { tellFact } from '../deliveries/tell-fact.ts';
import { lockGate } from '../touches/lock-gate.ts';
import { holdJourney } from '../touches/lock-journey.ts';
import type { OfferRow } from './list-offers.ts';
import { discountEnds, pauseBilling, pauseOf } from './pause-billing.ts';
import type { Pause } from './pause-billing.ts';

export type AnswerOffer = {
  id: string;
  answer: 'accepted' | 'declined';
  /** For an offer to pause billing: for how many months, 1 to those offered; default all of them. */
  months?: number;
  actor: string;
  reason?: string;
  now: Date;
  /** Stores the event that the answer is, with all that follows, in the transaction of the answer. */
  store?: StoreEvent;
};
export type StoreEvent = (
  tx: Tx,
  event: { id: string; type: string; account: string; data: Record<string, string | number> },
) => Promise<void>;
type Journey = Pick<typeof journeys.$inferSelect, 'snapshot' | 'playbook' | 'version' | 'options' | 'endedAt'>;

/**
 * Takes the customer's answer to an offer: the first one wins, the run is told, and an accepted one opens its opportunity in the CRM, all in one
 * transaction. Throws `unknown-item`, `already-decided` with the winner, `gone` when it has expired.
 */
export async function answerOffer(db: Db, i: AnswerOffer): Promise<OfferRow> {
  const result = await db.transaction(async (tx) => {
    await lockAround(tx, i.id);
    const [offer] = await tx.select().from(offers).where(eq(offers.id, i.id)).for('update');
    if (!offer) throw new TenureError('unknown-item', 'There is no such offer');
    if (offer.state === 'expired') return 'gone' as const;
    if (offer.state !== 'open') {
      const winner = { by: offer.answeredBy, at: offer.answeredAt?.toISOString() ?? null, state: offer.state };
      throw new TenureError('already-decided', `The offer is ${offer.state} already`, { winner });
    }
    const journey = await journeyOf(tx, offer);
    if (journey.endedAt || isOver(offer, journey, i.now)) {
      const state = journey.endedAt && !(offer.expiresAt && offer.expiresAt <= i.now) ? 'withdrawn' : 'expired';
      await tx.update(offers).set({ state, answeredAt: i.now, answeredBy: 'system' }).where(eq(offers.id, offer.id));
      return 'gone' as const;
    }
    const pause = pauseOf(offer, i);
    const runsUntil = pause?.until ?? (i.answer === 'accepted' && offer.discount ? discountEnds(offer, i.now) : null);
    const chosen = pause ? { terms: { ...offer.terms, months: pause.months } } : {};
    const [answered] = await tx
      .update(offers)
      // Shown is what was chosen of it.
      .set({ state: i.answer, answeredBy: i.actor, answeredAt: i.now, runsUntil, ...chosen })
      .where(eq(offers.id, offer.id))
      .returning();
    await record(tx, answered!, journey, i);
    if (pause) await pauseBilling(tx, answered!, pause, i);
    await tellOthers(tx, answered!, pause, i);
    return answered!;
  });
  if (result === 'gone') throw new TenureError('gone', 'The offer has expired or was withdrawn');
  return result;
}

/** What an answer may change beyond the offer: the account, whom it silences, and the journeys that hear of it. */
async function lockAround(tx: Tx, id: string): Promise<void> {
  const [of] = await tx
    .select({ accountId: offers.accountId, journeyId: offers.journeyId })
    .from(offers)
    .where(eq(offers.id, id));
  if (!of) return;
  await lockAccounts(tx, [of.accountId]);
  await lockGate(tx, of.accountId);
  await holdJourney(tx, of.journeyId);
}

async function journeyOf(tx: Tx, offer: OfferRow): Promise<Journey> {
  const { snapshot, playbook, version, options, endedAt } = journeys;
  const [row] = await tx
    .select({ snapshot, playbook, version, options, endedAt })
    .from(journeys)
    .where(eq(journeys.id, offer.journeyId));
  return row!;
}

/** The run may have moved the expiry since the offer was made; the row's own date stands where the snapshot has not come to it yet. */
function isOver(offer: OfferRow, journey: Journey, now: Date): boolean {
  const step = journey.snapshot.steps[offer.step];
  const told = step?.n === offer.n && (step.st === 'open' || step.st === 'done') ? step : undefined;
  if (told?.st === 'done') return true;
  const expires = told?.expires ?? offer.expiresAt?.getTime();
  return expires !== undefined && expires <= now.getTime();
}

async function record(tx: Tx, offer: OfferRow, journey: Journey, i: AnswerOffer): Promise<void> {
  const { journeyId, accountId, step, n } = offer;
  await tellFact(tx, {
    type: `offer.${i.answer}`,
    accountId,
    journeyId,
    step,
    what: i.answer,
    data: { offer: offer.offer, id: offer.id },
    actor: i.actor,
    reason: i.reason ?? null,
    now: i.now,
  });
  const decision = { journeyId, step, n, accountId, kind: 'offer', channel: null, outcome: i.answer, reason: i.answer };
  await recordDecision(tx, { ...decision, at: i.now, offer: offer.offer, details: { offer: offer.id, by: i.actor } });
  if (i.answer === 'accepted') await opportunity(tx, offer, journey, i.now);
}

/** Whoever listens to what customers say about offers hears it as an event; the offer's own step heard it as a fact. */
async function tellOthers(tx: Tx, offer: OfferRow, pause: Pause | undefined, i: AnswerOffer): Promise<void> {
  await i.store?.(tx, {
    id: `offer:${offer.id}:${i.answer}`,
    type: `offer.${i.answer}`,
    account: offer.accountId,
    data: { offer: offer.offer, ...(pause ? { months: pause.months, until: pause.until.toISOString() } : {}) },
  });
}

async function opportunity(tx: Tx, offer: OfferRow, journey: Journey, now: Date): Promise<void> {
  const [published] = await tx
    .select({ definition: playbooks.definition })
    .from(playbooks)
    .where(and(eq(playbooks.id, journey.playbook), eq(playbooks.version, journey.version)));
  const spec = published?.definition.offers.find((o) => o.id === offer.offer)?.opportunity;
  if (!spec) return;
  const figure = (value: string) =>
    journey.options[value.slice(1)] ?? published.definition.config[value.slice(1)]?.value;
  const amount = typeof spec.amountMinor === 'string' ? figure(spec.amountMinor) : spec.amountMinor;
  await openOpportunity(tx, {
    key: `${offer.journeyId}/${offer.step}/${offer.n}`,
    accountId: offer.accountId,
    title: spec.title,
    amountMinor: typeof amount === 'number' ? amount : null,
    currency: spec.currency,
    stage: 'open',
    at: now,
  });
}
