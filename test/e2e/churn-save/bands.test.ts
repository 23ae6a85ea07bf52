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

  it('medium, high and medium again: one open save, clocks from each change, and what was said is not said again', async () => {
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

    expect(await decided(s, 'usage-guide')).toContain('P3D dropped removed-by-migration');
    expect(await tasksOf(s.db, s.account)).toEqual([
      'P3D ceo-personal-email → ceo by P3DT1H45M completed',
      'P3D customer-success-call → csm by P4D completed',
      'P3D usage-analysis → csm completed',
      'P3D value-plan → csm by P5D completed',
    ]);
    expect(await sentTo(s.db, s.account)).toEqual([
      'PT0S medium_risk_tips',
      'P3DT1H risk_ceo_personal_email',
      'P4D risk_value_plan',
      'P17D medium_risk_tips',
    ]);
    expect(await openHolds(s.db, s.account, s.now())).toEqual([]);
  });
});
