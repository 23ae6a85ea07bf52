import { and, asc, eq } from 'drizzle-orm';
import { afterEach, describe, expect, it } from 'vitest';
import { decisions, journeys } from '../../../db/schema/index.ts';
import { journeysOf, offsetOf, openHolds, saveStory, sentTo, tasksOf } from './save-rig.ts';
import type { SaveStory } from './save-rig.ts';

let story: SaveStory | undefined;
afterEach(async () => {
  await story?.stop();
  story = undefined;
});

const begin = async (account: string, plan: string, facts: Record<string, unknown> = {}) => {
  story = await saveStory(account, { plan, facts });
  return story;
};

/** `<playbook> <offset> <outcome> <reason>` of one step over all journeys of the account. */
async function decided({ db, account }: SaveStory, step: string): Promise<string[]> {
  const rows = await db
    .select({ playbook: journeys.playbook, history: decisions.history })
    .from(decisions)
    .innerJoin(journeys, eq(journeys.id, decisions.journeyId))
    .where(and(eq(decisions.accountId, account), eq(decisions.step, step)))
    .orderBy(asc(decisions.at));
  return rows.flatMap((row) => row.history.map((h) => `${offsetOf(h.at)} ${h.outcome} ${h.reason}`));
}

const open = async ({ db, account }: SaveStory) =>
  (await journeysOf(db, account)).filter((line) => / (running|starting|paused)$/.test(line));

describe('the bands of 002.health.score', () => {
  const model = '002.health.score';

  it('medium, high and medium again: one open save, each with clocks of its own, and a relapse is a new case', async () => {
    const s = await begin('bands-1', 'professional', { use_case: 'booking' });
    await s.after('PT0S', () => s.score(model, 55));
    expect(await open(s)).toEqual(['002.churn.medium-risk running']);
    await s.after('P3D', () => s.score(model, 30));
    expect(await open(s)).toEqual(['002.churn.high-risk running']);
    expect(await openHolds(s.db, s.account, s.now())).toEqual(['churn-save']);
    await s.after('P3DT1H', async () => void (await s.command({ command: 'approve', step: 'ceo-personal-email' })));
    await s.after('P3DT2H', async () => void (await s.complete('usage-analysis')));
    await s.after('P3DT5H', async () => void (await s.complete('customer-success-call', 'held')));
    await s.after('P4D', async () => void (await s.complete('value-plan')));
    await s.after('P10D', () => s.score(model, 60));
    expect(await open(s)).toEqual(['002.churn.high-risk running']);
    await s.after('P17D', () => s.score(model, 60));
    expect(await journeysOf(s.db, s.account)).toEqual(['002.churn.high-risk saved', '002.churn.medium-risk running']);
    await s.untilAfter('P18D');
    expect(await openHolds(s.db, s.account, s.now())).toEqual([]);
    await s.after('P20D', () => s.score(model, 25));
    expect(await open(s)).toEqual(['002.churn.high-risk running']);
    await s.untilAfter('P20DT3H');

    expect(await decided(s, 'usage-guide')).toContain('P3D dropped removed-by-migration');
    expect(await tasksOf(s.db, s.account)).toEqual([
      'P3D ceo-personal-email → ceo by P3DT1H45M completed',
      'P3D customer-success-call → csm by P4D completed',
      'P3D usage-analysis → csm by P3DT13H59M completed',
      'P3D value-plan → csm by P5D completed',
      'P20D ceo-personal-email → ceo by P20DT1H45M completed',
      'P20D customer-success-call → csm by P21D open',
      'P20D usage-analysis → csm by P20DT12H59M open',
      'P20D value-plan → csm by P22D open',
    ]);
    expect(await sentTo(s.db, s.account)).toEqual([
      'PT0S medium_risk_tips',
      'P3DT1H risk_ceo_personal_email',
      'P4D risk_value_plan',
      'P17D medium_risk_tips',
      'P20DT1H45M risk_ceo_personal_email',
    ]);
  });
});

describe('an intention to cancel', () => {
  it('saves a green account: all four offers, a pause of 3 months in silence, the notice before it ends, and no second pause within 12 months', async () => {
    const s = await begin('cancel-1', 'professional');
    await s.after('PT0S', () => s.score('002.health.score', 82));
    expect(await open(s)).toEqual([]);
    await s.after('P1D', () => s.event('cancellation_intent_detected'));
    expect(await open(s)).toEqual(['002.churn.high-risk running']);
    await s.untilAfter('P1DT1M');
    const tasks = await tasksOf(s.db, s.account);
    expect(tasks).toContain('P1D cancellation-raised → csm by P2D open');
    // It stands above a failed payment, which a low score alone does not: it holds that back, and speaks itself.
    expect(await openHolds(s.db, s.account, s.now())).toEqual(['cancellation']);
    const dunning = {
      account: s.account,
      level: 'dunning',
      reason: 'a payment failed',
      until: new Date(s.now() + 7_000_000),
    };
    expect((await s.rig.call('POST', '/v1/holds', dunning)).status).toBe(201);
    await s.untilAfter('P1DT1H50M');
    expect(await sentTo(s.db, s.account)).toEqual(['P1DT1H45M risk_ceo_personal_email']);
    const started = await s.rig.call('POST', '/v1/journeys', {
      playbook: '002.onboarding.starter',
      account: s.account,
    });
    expect([200, 201]).toContain(started.status);
    await s.after('P1DT2H', async () => {
      const body = {
        playbook: '002.churn.retention-offers',
        account: s.account,
        options: { root_cause: 'seasonal', all_offers: true },
      };
      expect([200, 201]).toContain((await s.rig.call('POST', '/v1/journeys', body)).status);
    });
    const before = await sentTo(s.db, s.account);
    expect(before.at(-1)).toBe('P1DT2H retention_offer_pause');
    await s.after('P2D', async () => expect(await s.answer('pause_billing', 'accept', { months: 3 })).toBe(200));
    expect(await journeysOf(s.db, s.account)).toContain('002.churn.high-risk paused');
    await s.untilAfter('P80D');
    // Three months from 4 March are 4 June: day 94. Nothing leaves but what is about the pause.
    expect((await sentTo(s.db, s.account)).slice(before.length)).toEqual(['P2D billing_pause_confirmation']);
    await s.untilAfter('P93D');
    expect((await sentTo(s.db, s.account)).slice(before.length)).toEqual([
      'P2D billing_pause_confirmation',
      'P87D billing_resume_notice',
    ]);
    await s.untilAfter('P94DT1H');
    expect(await tasksOf(s.db, s.account)).toContain('P94D resume-billing → billing by P95D open');
    await s.after('P94DT2H', async () => void (await s.complete('resume-billing')));
    await s.after('P200D', async () => {
      const body = { playbook: '002.churn.retention-offers', account: s.account, options: { root_cause: 'seasonal' } };
      expect([200, 201]).toContain((await s.rig.call('POST', '/v1/journeys', body)).status);
    });
    await s.untilAfter('P200DT1M');
    expect((await decided(s, 'first-offer')).at(-1)).toBe('P200D skipped offer-already-taken');
    expect((await sentTo(s.db, s.account)).at(-1)).toBe('P200D retention_offer_downgrade');
  });
});

describe('the traffic light of 000.health-score', () => {
  const model = '000.health-score';

  it('yellow, red with a fresh clock, recovery and green; a relapse opens a new intervention', async () => {
    const s = await begin('light-1', 'team');
    await s.after('PT0S', () => s.score(model, 'yellow'));
    await s.after('P1D', () => s.score(model, 'red'));
    expect(await open(s)).toEqual(['000.health-red running']);
    await s.after('P1DT4H', async () => void (await s.complete('executive-engagement')));
    await s.after('P1DT20H', async () => void (await s.complete('retention-plan')));
    expect(await open(s)).toEqual(['000.success-recovery running']);
    await s.after('P3D', async () => void (await s.complete('training-reinforcement')));
    await s.after('P4D', () => s.score(model, 'green'));
    await s.after('P11D', () => s.score(model, 'green'));
    expect(await journeysOf(s.db, s.account)).toEqual(['000.health-red both-logged', '000.success-recovery recovered']);
    await s.after('P20D', () => s.score(model, 'yellow'));
    expect(await open(s)).toEqual(['000.health-yellow running']);
    expect((await tasksOf(s.db, s.account)).filter((line) => !line.includes('recovery'))).toEqual([
      expect.stringMatching(/^PT0S outreach → csm by P2D/) as string,
      'P1D executive-engagement → executive by P2D completed',
      'P1D retention-plan → executive by P2D completed',
      expect.stringContaining('P1DT20H training-reinforcement → csm') as string,
      expect.stringContaining('P1DT20H workflow-optimisation → csm') as string,
      'P8DT20H workflow-optimisation → cs-lead by P9DT20H level 1',
      'P20D outreach → csm by P22D open',
    ]);
    await s.after('P21D', async () => void (await s.complete('outreach')));
    expect(await open(s)).toEqual(['000.success-recovery running']);
    await s.untilAfter('P49DT1H');
    expect((await journeysOf(s.db, s.account)).slice(2)).toEqual([
      '000.health-yellow outreach-logged',
      '000.success-recovery no-improvement',
      '000.health-yellow running',
    ]);
  });
});

describe('the decline of 001.health.score', () => {
  const model = '001.health.score';
  const both = ['001.campaign.churn-prevention running', '001.outreach.health-decline running'];
  const sweep = (s: SaveStory) => s.rig.call('POST', '/v1/health/sweep', { account: s.account });

  it('is told when a first low score is still low on day 30 and when 70 is crossed, ends at 70, and calls an executive once', async () => {
    const s = await begin('decline-1', 'enterprise', { subscribed_at: '2026-02-10T15:00:00.000Z' });
    await s.after('PT0S', () => s.score(model, 66));
    await s.after('P9DT23H', () => sweep(s));
    expect(await open(s)).toEqual([]);
    await s.after('P10D', () => sweep(s));
    expect((await open(s)).sort()).toEqual(both);
    await s.after('P12D', () => s.score(model, 75));
    await s.after('P19D', () => s.score(model, 75));
    expect(await open(s)).toEqual([]);
    await s.after('P20D', () => sweep(s));
    expect(await open(s)).toEqual([]);
    await s.after('P21D', () => s.score(model, 64));
    expect((await open(s)).sort()).toEqual(both);
    await s.after('P21DT6H', () => s.score(model, 45));
    await s.untilAfter('P21DT7H');
    expect((await tasksOf(s.db, s.account)).filter((line) => line.includes('→ executive'))).toEqual([
      'P21DT6H executive-escalation → executive by P22DT6H open',
    ]);
    expect(await decided(s, 'executive-intervention')).toContain('P21DT6H skipped done-by-another');
    await s.after('P22D', () => s.event('subscription.cancelled'));
    expect((await journeysOf(s.db, s.account)).slice(2, 4).sort()).toEqual([
      '001.campaign.churn-prevention churned',
      '001.outreach.health-decline churned',
    ]);
    expect(await open(s)).toEqual(['001.feedback.exit-interview running']);
  });
});
