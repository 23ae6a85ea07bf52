import { describe, expect, it } from 'vitest';
import { contact, live, savePersona } from './save-rig.ts';

const OFFERS = '002.churn.retention-offers';

describe('002.churn.retention-offers', () => {
  it.each([
    ['seasonal', 'professional', 'retention_offer_pause pause_billing'],
    ['price', 'professional', 'retention_offer_downgrade downgrade_option'],
    ['difficulty', 'starter', 'retention_offer_support additional_support'],
    ['missing-feature', 'starter', 'retention_offer_feedback product_feedback'],
    ['other', 'starter', 'retention_offer_support additional_support'],
  ])('offers what fits the root cause: %s', async (root_cause, plan, said) => {
    const { of } = await live(
      OFFERS,
      savePersona({ account: { plan }, options: { root_cause }, events: [{ after: 'PT1H', type: 'account_deleted' }] }),
    );
    expect(of('first-offer')[0]).toBe(`PT0S sent ${said}`);
  });

  it('makes a Starter no smaller plan, and offers the pause at once instead', async () => {
    const { of } = await live(
      OFFERS,
      savePersona({
        account: { plan: 'starter', facts: { churn_root_cause: 'price' } },
        events: [{ after: 'P1D', type: 'account_deleted' }],
      }),
    );
    expect(of('first-offer')).toEqual(['PT0S skipped not-eligible']);
    expect(of('second-offer')[0]).toBe('PT0S sent retention_offer_pause pause_billing');
  });

  it('pauses billing for the month that the customer chose, says when it goes on a week before, and has it taken up again', async () => {
    const { of, tasks, outcome, holds } = await live(
      OFFERS,
      savePersona({
        options: { root_cause: 'seasonal' },
        facts: [
          { after: 'P1D', step: 'first-offer', what: 'accepted', value: 1 },
          { after: 'P1DT2H', step: 'pause-billing', what: 'completed' },
          { after: 'P33D', step: 'resume-billing', what: 'completed' },
        ],
      }),
    );
    // A month from 3 March is 3 April, day 32; the clocks of New York went forward between.
    expect(of('pause-confirmation')).toEqual(['P1D sent billing_pause_confirmation']);
    expect(of('resume-notice')[0]).toMatch(/^P2[45]D\S* sent billing_resume_notice$/);
    expect(tasks.filter((line) => line.includes('billing →'))).toEqual([
      'P1D pause-billing → billing by P2D completed',
      expect.stringMatching(/^P3[12]D\S* resume-billing → billing by P3[23]D\S* completed$/) as string,
    ]);
    expect(of('second-offer')[0]).toMatch(/not-needed|stage-ended/);
    expect(outcome).toBe('resumed');
    expect(holds).toEqual([]);
  });

  it('makes the plan smaller and keeps its features for 3 months', async () => {
    const { of, tasks, outcome } = await live(
      OFFERS,
      savePersona({
        options: { root_cause: 'price' },
        facts: [
          { after: 'P2D', step: 'first-offer', what: 'accepted' },
          { after: 'P2DT4H', step: 'change-plan', what: 'completed' },
          { after: 'P94DT12H', step: 'features-end', what: 'completed' },
        ],
      }),
    );
    expect(of('features-end-notice')[0]).toMatch(/^P8[56]D\S* sent retention_features_end$/);
    expect(tasks[0]).toBe('P2D change-plan → billing by P3D completed');
    expect(of('features-end')[0]).toMatch(/^P9[34]D\S* sent as-planned$/);
    expect(outcome).toBe('downgraded');
  });

  it('opens set-up help and the direct line to development as work with an owner and a clock', async () => {
    const help = await live(
      OFFERS,
      savePersona({
        options: { root_cause: 'difficulty' },
        facts: [
          { after: 'PT2H', step: 'first-offer', what: 'accepted' },
          { after: 'P1D', step: 'setup-help', what: 'held' },
        ],
      }),
    );
    expect(help.tasks).toEqual(['PT2H setup-help → csm by P2DT2H completed']);
    expect(help.outcome).toBe('helped');
    const line = await live(
      OFFERS,
      savePersona({
        options: { root_cause: 'missing-feature' },
        facts: [
          { after: 'PT2H', step: 'first-offer', what: 'accepted' },
          { after: 'P3D', step: 'direct-line', what: 'completed' },
        ],
      }),
    );
    expect(line.tasks).toEqual([
      'PT2H direct-line → development by P1DT2H completed',
      'P1DT2H direct-line → cs-lead by P2DT2H level 1',
    ]);
    expect(line.outcome).toBe('heard');
  });

  it('goes wrong throughout: all four in scope, each declined or left lying, and nothing is taken', async () => {
    const { of, outcome } = await live(
      OFFERS,
      savePersona({
        options: { root_cause: 'price', all_offers: true },
        facts: [
          { after: 'P1D', step: 'first-offer', what: 'declined' },
          { after: 'P16D', step: 'third-offer', what: 'declined' },
        ],
      }),
    );
    expect(of('first-offer').at(-1)).toBe('P1D declined retention_offer_downgrade downgrade_option');
    expect(of('second-offer')).toEqual([
      'P1D sent retention_offer_pause pause_billing',
      'P15D expired retention_offer_pause pause_billing',
    ]);
    expect(of('third-offer').at(-1)).toBe('P16D declined retention_offer_support additional_support');
    expect(of('fourth-offer')).toEqual([
      'P16D sent retention_offer_feedback product_feedback',
      'P30D expired retention_offer_feedback product_feedback',
    ]);
    expect(outcome).toBe('nothing-taken');
  });

  it('offers nothing by mail to whoever refused marketing', async () => {
    const { of, outcome } = await live(
      OFFERS,
      savePersona({
        contacts: [{ ...contact, consent: { email: false } }],
        options: { root_cause: 'price', all_offers: true },
      }),
    );
    for (const step of ['first-offer', 'second-offer', 'third-offer', 'fourth-offer'])
      expect(of(step)).toEqual(['PT0S skipped unsubscribed']);
    expect(outcome).toBe('nothing-taken');
  });

  it('has no discount among its offers', async () => {
    const { readShipped } = await import('../../../playbooks/publish/read-shipped.ts');
    const { offers } = await readShipped(OFFERS);
    expect(offers.map((offer) => offer.id)).toEqual([
      'pause_billing',
      'downgrade_option',
      'additional_support',
      'product_feedback',
    ]);
    expect(offers.filter((offer) => offer.discount || 'discount_percent' in offer.terms)).toEqual([]);
  });
});
