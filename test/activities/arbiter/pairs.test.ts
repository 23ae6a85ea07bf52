import { and, asc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addressHash } from '../../../db/queries/contacts/address-hash.ts';
import { suppress } from '../../../db/queries/contacts/suppress.ts';
import { holdForJourney } from '../../../db/queries/holds/journey-hold.ts';
import { placeHold } from '../../../db/queries/holds/place-hold.ts';
import { releaseHold } from '../../../db/queries/holds/release-hold.ts';
import { releaseOverHolds } from '../../../db/queries/holds/release-over-holds.ts';
import { answerOffer } from '../../../db/queries/offers/answer-offer.ts';
import { decisions, deliveries, holds, offers } from '../../../db/schema/index.ts';
import { Playbook } from '../../../workflows/contracts/playbook.ts';
import { sentenceFor } from '../../../workflows/contracts/reasons.ts';
import { HOUR, START, addAccount, addJourney, createWorld, publish } from '../deliver/fixture.ts';
import type { World } from '../deliver/fixture.ts';

const DAY = 24 * HOUR;
const mail = { kind: 'message', class: 'marketing', channel: 'email', due: { window: 'none' }, template: 'plain_mail' };
const offer = { ...mail, kind: 'offer', open: { expires: { from: 'start', after: 'P14D' } } };
const playbookOf = (id: string, kind: string, steps: object[], more: object = {}) =>
  Playbook.parse({
    ...{ id: `900.${id}`, kind, title: id, summary: '', fulfils: ['002.trial'] },
    reads: { facts: { vip: { type: 'boolean', doc: 'x' } }, metrics: {}, events: {} },
    ...more,
    stages: [{ id: 'only', title: 'Only', enter: 'journey', steps: steps.map((step) => ({ title: 'Step', ...step })) }],
  });
const discount = (id: string, more = {}) => ({
  id,
  title: id,
  terms: { discount_percent: 20, months: 2 },
  discount: true,
  ...more,
});

const renewal = playbookOf(
  'renewal',
  'renewal',
  [
    { id: 'nudge', ...mail },
    { id: 'notice', ...mail, class: 'legal' },
    { id: 'incentive', ...offer, offer: 'loyalty' },
    { id: 'early', ...mail, passes: ['sev1'] },
  ],
  { offers: [discount('loyalty')] },
);
const trial = playbookOf(
  'trial',
  'trial',
  [
    { id: 'mail', ...mail },
    { id: 'offer', ...offer, offer: 'half_price' },
    { id: 'vip', ...offer, offer: 'for_vips' },
  ],
  {
    arbiter: { outranked: 'drop' },
    offers: [discount('half_price'), { id: 'for_vips', title: 'x', terms: {}, eligible: 'facts.vip' }],
  },
);
const churn = playbookOf(
  'churn',
  'churn-save',
  [
    { id: 'letter', ...mail },
    { id: 'pause', ...offer, offer: 'pause_billing' },
    { id: 'again', ...offer, offer: 'pause_billing' },
    { id: 'resume', ...mail, class: 'service', passes: ['billing-pause'] },
  ],
  {
    holds: { level: 'churn-save' },
    offers: [{ id: 'pause_billing', title: 'Pause', terms: {}, once: 'P12M', pausesBilling: { months: 3 } }],
  },
);
const onboarding = playbookOf('onboarding', 'onboarding', [
  { id: 'tip', ...mail },
  { id: 'service', ...mail, class: 'service' },
  { id: 'call', kind: 'task', class: 'service', due: { window: 'none' }, task: { owner: 'csm', instructions: 'x' } },
]);
const campaign = playbookOf('campaign', 'churn-save', [{ id: 'mail', ...mail }], { arbiter: { level: 'campaign' } });

let world: World;
type Of = Awaited<ReturnType<typeof publish>>;
let of: Record<'renewal' | 'trial' | 'churn' | 'onboarding' | 'campaign', Of>;
beforeAll(async () => {
  world = await createWorld();
  of = {
    renewal: await publish(world, renewal),
    trial: await publish(world, trial),
    churn: await publish(world, churn),
    onboarding: await publish(world, onboarding),
    campaign: await publish(world, campaign),
  };
});
afterAll(() => world.close());
beforeEach(() => {
  world.time.now = START;
  world.mailer.left.length = 0;
});

const open = async (account: string, kind: keyof typeof of) => {
  const journey = await addJourney(world, account, { of: of[kind], key: kind });
  const { level } = of[kind].playbook.holds ?? {};
  const given = { journeyId: journey.id, accountId: account, reason: 'x', now: new Date(START), perSecond: 5 };
  if (level) await world.db.transaction((tx) => holdForJourney(tx, { ...given, level }));
  return journey;
};
type Journey = Awaited<ReturnType<typeof open>>;
const tell = (journey: Journey, step: string) =>
  world.run('deliver', journey.touch(step, { staleAfter: START + 400 * DAY }));
const hold = async (accountId: string, level: string, more: { until?: Date } = {}) => {
  const given = { accountId, level, reason: 'x', actor: 'test', now: new Date(START), patienceMs: 0, ...more };
  return (await placeHold(world.db, given)).hold;
};
/** The decision as a person reads it. */
async function words(journey: Journey, step: string): Promise<string> {
  const [row] = await world.db
    .select()
    .from(decisions)
    .where(and(eq(decisions.journeyId, journey.id), eq(decisions.step, step)));
  return row ? `${row.outcome}: ${sentenceFor(row.reason ?? '')}` : 'nothing';
}
const woken = async (journey: Journey) =>
  (await world.db.select().from(deliveries).where(eq(deliveries.journeyId, journey.id)))
    .map((one) => one.happening)
    .filter((one) => one.t === 'released');
const offerOf = async (journey: Journey) =>
  (await world.db.select().from(offers).where(eq(offers.journeyId, journey.id)).orderBy(asc(offers.createdAt)))[0]!;
const release = (id: string) =>
  releaseHold(world.db, { id, actor: 'test', reason: 'over', now: new Date(world.time.now), perSecond: 5 });

const OUTRANKED = 'Something more important is open for this account, which has the word.';
const AS_PLANNED = 'It was done when it was due.';

describe('SEV-1', () => {
  it('× renewal nudge: the nudge waits, is woken when it ends, and is decided from the start', async () => {
    const account = await addAccount(world);
    const journey = await open(account.id, 'renewal');
    const { id } = await hold(account.id, 'sev1');
    expect(await tell(journey, 'nudge')).toMatchObject({ is: 'held', hold: `hold:${id}` });
    expect(await words(journey, 'nudge')).toBe(`held: ${OUTRANKED}`);
    expect(await tell(journey, 'early')).toEqual({ is: 'sent' });
    await release(id);
    expect(await woken(journey)).toMatchObject([{ hold: `hold:${id}` }]);
    // From the start: whoever said no meanwhile is not told.
    const addressOf = addressHash('email', account.email, world.deps.settings.secret);
    const no = { channel: 'email', addressHash: addressOf, scope: 'marketing', reason: 'unsubscribe', source: 'test' };
    await world.db.transaction((tx) => suppress(tx, { ...no, at: new Date(START) }));
    expect(await tell(journey, 'nudge')).toMatchObject({ is: 'skipped' });
    expect(await words(journey, 'nudge')).toBe('skipped: The contact has unsubscribed from marketing.');
  });

  it('× legal notice: the notice leaves', async () => {
    const account = await addAccount(world);
    const journey = await open(account.id, 'renewal');
    await hold(account.id, 'sev1');
    await hold(account.id, 'person');
    expect(await tell(journey, 'notice')).toEqual({ is: 'sent' });
    expect(await words(journey, 'notice')).toBe(`sent: ${AS_PLANNED}`);
  });
});

describe('a churn save', () => {
  it('× trial offer: the offer of a playbook that does not wait is dropped, the letter of the save leaves', async () => {
    const account = await addAccount(world);
    const save = await open(account.id, 'churn');
    const other = await open(account.id, 'trial');
    expect(await tell(other, 'offer')).toMatchObject({ is: 'dropped' });
    expect(await words(other, 'offer')).toBe(`dropped: ${OUTRANKED}`);
    expect(await tell(save, 'letter')).toEqual({ is: 'sent' });
    expect(await words(save, 'letter')).toBe(`sent: ${AS_PLANNED}`);
  });

  it('× a campaign of its own kind: the level is the playbook’s, not the kind’s', async () => {
    const account = await addAccount(world);
    await open(account.id, 'churn');
    const low = await open(account.id, 'campaign');
    expect(await tell(low, 'mail')).toMatchObject({ is: 'held' });
    expect(await words(low, 'mail')).toBe(`held: ${OUTRANKED}`);
  });
});

describe('two discounts at once', () => {
  it('the second is not made while the first is open or running, and is made when it is over', async () => {
    const account = await addAccount(world);
    const first = await open(account.id, 'renewal');
    const second = await open(account.id, 'trial');
    expect(await tell(first, 'incentive')).toMatchObject({ is: 'sent', opens: true });
    expect(await tell(second, 'offer')).toEqual({ is: 'skipped', reason: 'discount-open' });
    expect(await words(second, 'offer')).toBe('skipped: Another discount of the account is open or running.');
    const answer = { answer: 'accepted' as const, actor: 'ada', now: new Date(START + DAY) };
    await answerOffer(world.db, { ...answer, id: (await offerOf(first)).id });
    const again = (n: number) => world.run('deliver', second.touch('offer', { n, staleAfter: START + 400 * DAY }));
    world.time.now = START + 40 * DAY;
    expect(await again(2)).toEqual({ is: 'skipped', reason: 'discount-open' });
    world.time.now = START + 70 * DAY;
    expect(await again(3)).toMatchObject({ is: 'sent' });
  });

  it('the second is not made while the first is at its provider, and is made when that has refused it', async () => {
    const account = await addAccount(world);
    const first = await open(account.id, 'renewal');
    const second = await open(account.id, 'trial');
    const again = (n: number) => world.run('deliver', second.touch('offer', { n, staleAfter: START + 400 * DAY }));
    const meanwhile: unknown[] = [];
    world.mailer.answers.push(async () => {
      meanwhile.push(await again(1));
      return { state: 'refused', kind: 'invalid', code: '550' };
    });
    expect(await tell(first, 'incentive')).toMatchObject({ is: 'failed' });
    expect(meanwhile).toEqual([{ is: 'skipped', reason: 'discount-open' }]);
    expect(await again(2)).toMatchObject({ is: 'sent' });
    expect(world.mailer.left).toHaveLength(1);
  });

  it('a message that offers no discount, at its provider, keeps none from being made', async () => {
    const account = await addAccount(world);
    await world.database.sql`update accounts set facts = '{"vip": true}' where id = ${account.id}`;
    const first = await open(account.id, 'trial');
    const second = await open(account.id, 'renewal');
    const meanwhile: unknown[] = [];
    world.mailer.answers.push(async () => void meanwhile.push(await tell(second, 'incentive')));
    expect(await tell(first, 'vip')).toMatchObject({ is: 'sent' });
    expect(meanwhile).toMatchObject([{ is: 'sent' }]);
  });

  it('is made again where the first was declined; an offer for others is not made', async () => {
    const account = await addAccount(world);
    const first = await open(account.id, 'renewal');
    const second = await open(account.id, 'trial');
    await tell(first, 'incentive');
    const answer = { answer: 'declined' as const, actor: 'ada', now: new Date(START + HOUR) };
    await answerOffer(world.db, { ...answer, id: (await offerOf(first)).id });
    expect(await tell(second, 'offer')).toMatchObject({ is: 'sent' });
    expect(await tell(second, 'vip')).toEqual({ is: 'skipped', reason: 'not-eligible' });
    expect(await words(second, 'vip')).toBe('skipped: The account does not fulfil the conditions of the offer.');
  });
});

describe('onboarding × a pause of billing', () => {
  async function paused(months?: number) {
    const account = await addAccount(world);
    const save = await open(account.id, 'churn');
    const welcome = await open(account.id, 'onboarding');
    const bill = await open(account.id, 'renewal');
    await world.run('deliver', save.touch('pause'));
    const { id } = await offerOf(save);
    const stored: { type: string; data: Record<string, unknown> }[] = [];
    const store = async (_tx: unknown, event: (typeof stored)[number]) => void stored.push(event);
    const given = { id, answer: 'accepted' as const, actor: 'ada', now: new Date(START), store };
    await expect(answerOffer(world.db, { ...given, months: 4 })).rejects.toMatchObject({ code: 'invalid-request' });
    await answerOffer(world.db, { ...given, ...(months ? { months } : {}) });
    const standing = await world.db
      .select()
      .from(holds)
      .where(and(eq(holds.accountId, account.id), eq(holds.level, 'billing-pause')));
    return { account, save, welcome, bill, stored, hold: standing[0]!, standing };
  }

  it('is silent but for what passes it and what the law wants, until its end', async () => {
    const { save, welcome, bill, stored, hold: pause, standing } = await paused(2);
    const until = new Date(Date.UTC(2026, 4, 4, 9));
    expect(standing).toMatchObject([{ until }]);
    expect(await offerOf(save)).toMatchObject({ state: 'accepted', terms: { months: 2, pauseMonths: 3 } });
    expect(stored).toEqual([
      expect.objectContaining({
        type: 'billing.pause_requested',
        data: { months: 2, until: until.toISOString(), offer: 'pause_billing' },
      }),
      expect.objectContaining({ type: 'offer.accepted' }),
    ]);
    for (const [journey, step] of [
      [welcome, 'tip'],
      [welcome, 'service'],
      [welcome, 'call'],
      [save, 'letter'],
      [bill, 'nudge'],
    ] as const) {
      expect(await tell(journey, step)).toMatchObject({ is: 'held', hold: `hold:${pause.id}` });
      expect(await words(journey, step)).toBe(`held: ${OUTRANKED}`);
    }
    expect(await tell(save, 'resume')).toEqual({ is: 'sent' });
    expect(await tell(bill, 'notice')).toEqual({ is: 'sent' });
    const now = new Date(until.getTime() + 1);
    expect(await releaseOverHolds(world.db, { now: new Date(until.getTime() - 1), perSecond: 5 })).toMatchObject({
      released: 0,
    });
    expect(await releaseOverHolds(world.db, { now, perSecond: 5 })).toMatchObject({ released: 1 });
    expect(await woken(save)).toHaveLength(1);
    world.time.now = now.getTime();
    expect(await tell(save, 'letter')).toEqual({ is: 'sent' });
    // Taken once in twelve months.
    expect(await tell(save, 'again')).toEqual({ is: 'skipped', reason: 'offer-already-taken' });
  });

  it('ends early when staff release it', async () => {
    const { save, hold: pause } = await paused();
    expect(pause.until).toEqual(new Date(Date.UTC(2026, 5, 4, 9)));
    expect(await tell(save, 'letter')).toMatchObject({ is: 'held' });
    await release(pause.id);
    expect(await tell(save, 'letter')).toEqual({ is: 'sent' });
  });
});

describe('an unsubscribe × everything', () => {
  it('silences the marketing of every journey, and nothing else', async () => {
    const account = await addAccount(world, { email: false });
    for (const [kind, steps] of [
      ['renewal', ['nudge', 'incentive']],
      ['trial', ['mail', 'offer']],
      ['campaign', ['mail']],
      ['onboarding', ['tip']],
    ] as const) {
      const journey = await open(account.id, kind);
      for (const step of steps) {
        expect(await tell(journey, step), `${kind} ${step}`).toMatchObject({ is: 'skipped' });
        expect(await words(journey, step)).toBe('skipped: The contact has unsubscribed from marketing.');
      }
      if (kind === 'renewal') expect(await tell(journey, 'notice')).toEqual({ is: 'sent' });
      if (kind === 'onboarding') expect(await tell(journey, 'service')).toEqual({ is: 'sent' });
    }
    const save = await open(account.id, 'churn');
    expect(await tell(save, 'letter')).toMatchObject({ is: 'skipped', reason: 'unsubscribed' });
  });
});

describe('holds that end together', () => {
  it('wake what waits in one queue at the set rate, highest class first, whatever account it is of, and once', async () => {
    const until = new Date(START + HOUR);
    await world.db.update(deliveries).set({ deliveredAt: new Date(START) });
    const touched: { journey: Journey; step: string }[] = [];
    for (let k = 0; k < 6; k++) {
      const account = await addAccount(world);
      const journey = await open(account.id, k < 3 ? 'renewal' : 'onboarding');
      await hold(account.id, 'sev1', { until });
      const step = k < 3 ? 'nudge' : 'service';
      expect(await tell(journey, step)).toMatchObject({ is: 'held', recheck: until.getTime() });
      touched.push({ journey, step });
    }
    const both = await Promise.all([
      releaseOverHolds(world.db, { now: until, perSecond: 2 }),
      releaseOverHolds(world.db, { now: until, perSecond: 2 }),
    ]);
    expect(both.map((one) => one.released).sort()).toEqual([0, 6]);
    const rows = await world.db.select().from(deliveries).orderBy(asc(deliveries.notBefore), asc(deliveries.seq));
    const mine = rows.filter((row) => touched.some((one) => one.journey.id === row.journeyId));
    expect(mine.map((row) => row.notBefore.getTime() - until.getTime())).toEqual([0, 0, 1000, 1000, 2000, 2000]);
    const steps = mine.map((row) => touched.find((one) => one.journey.id === row.journeyId)!.step);
    expect(steps).toEqual(['service', 'service', 'service', 'nudge', 'nudge', 'nudge']);
    expect((await releaseOverHolds(world.db, { now: until, perSecond: 2 })).released).toBe(0);
  });
});
