import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRig } from '../../../workers/rehearse/rig.ts';
import type { Rig } from '../../../workers/rehearse/rig.ts';
import { eventually } from '../../support/eventually.ts';
import { testGround } from '../../support/ground.ts';
import { beginStory } from '../story/story.ts';
import { explain, messagesOf, putAccount, startTrial } from '../trial-rig.ts';
import { START, tasksOf } from './stories.ts';

type Journey = { id: string; playbook: string; state: string; outcome: string | null; key: string | null };

let rig: Rig;
beforeAll(async () => void (rig = await startRig(await testGround())));
afterAll(() => rig.stop());

const tell = async (to: Rig, account: string, type: string, data?: Record<string, unknown>) => {
  const events = [{ id: randomUUID(), account, type, ...(data ? { data } : {}) }];
  expect((await to.call('POST', '/v1/events', { events })).status).toBe(202);
};
const journeysOf = async (of: Rig, account: string) =>
  (await of.call<{ items: Journey[] }>('GET', `/v1/journeys?account=${account}&limit=50`)).body.items;
const open = async (of: Rig, account: string) =>
  (await journeysOf(of, account))
    .filter(({ state }) => state === 'running')
    .map(({ playbook }) => playbook)
    .sort();
const PROFESSIONAL = ['002.onboarding.milestones', '002.onboarding.professional'];
const whenOpen = (of: Rig, account: string, playbooks: string[]) =>
  eventually(`${playbooks.join(' and ')} are open`, async () => String(await open(of, account)) === String(playbooks));

describe('a trial that is converted', () => {
  it('opens the onboarding of the plan that was bought by itself, with its milestones, once', async () => {
    const account = await putAccount(rig, { plan: 'trial' });
    await startTrial(rig, account);
    await tell(rig, account, 'subscription.started', { plan: 'professional' });
    await whenOpen(rig, account, PROFESSIONAL);
    await tell(rig, account, 'subscription.started', { plan: 'professional' });
    await tell(rig, account, 'trial.converted', { plan: 'professional' });
    const all = await journeysOf(rig, account);
    expect(all.map(({ playbook, outcome }) => [playbook, outcome]).sort()).toEqual([
      ['002.onboarding.milestones', null],
      ['002.onboarding.professional', null],
      ['002.trial', 'converted'],
    ]);
    await eventually('the welcome has left', async () =>
      (await messagesOf(rig, account)).some(({ template }) => template === 'guided_setup_welcome'),
    );
    const welcomes = (await messagesOf(rig, account)).filter(({ template }) => template === 'guided_setup_welcome');
    expect(welcomes).toHaveLength(1);
  });

  it('does so too when every worker was down in between', async () => {
    const ground = await testGround();
    const first = await startRig(ground);
    const account = await putAccount(first, { plan: 'trial' });
    await startTrial(first, account);
    await first.stop();
    const idle = await startRig(ground, { same: first.same, withoutWorker: true });
    // A purchase names the plan; only the end of the trial hands over.
    await tell(idle, account, 'purchase', { plan: 'professional' });
    expect(await open(idle, account)).toEqual(['002.trial']);
    await idle.stop();
    const second = await startRig(ground, { same: first.same });
    try {
      await whenOpen(second, account, PROFESSIONAL);
      const trials = (await journeysOf(second, account)).filter(({ playbook }) => playbook === '002.trial');
      expect(trials.map(({ outcome }) => outcome)).toEqual(['converted']);
      const welcomes = async () =>
        (await messagesOf(second, account)).filter(({ template }) => template === 'guided_setup_welcome').length;
      await eventually('the welcome has left', welcomes);
      await second.worker.stop();
      const third = await startRig(ground, { same: first.same });
      await tell(third, account, 'subscription.started', { plan: 'professional' });
      await whenOpen(third, account, PROFESSIONAL);
      expect(await welcomes()).toBe(1);
      await third.stop();
    } finally {
      await second.stop();
    }
  });
});

describe('a change of the plan', () => {
  it('ends the community journeys of a customer who upgrades, and opens the onboarding of the new plan', async () => {
    const account = await putAccount(rig, { plan: 'community' });
    await tell(rig, account, 'account_created');
    await whenOpen(rig, account, ['001.feature-discovery.community', '001.onboarding.community']);
    await tell(rig, account, 'subscription.started', { plan: 'enterprise' });
    await whenOpen(rig, account, ['001.onboarding.professional']);
    const ended = (await journeysOf(rig, account)).filter(({ outcome }) => outcome !== null);
    expect(ended.map(({ outcome }) => outcome)).toEqual(['upgraded', 'upgraded']);
  });

  it('from Starter to Business brings the call of the CEO, and celebrates nothing twice', async () => {
    const account = await putAccount(rig, { plan: 'starter' });
    await tell(rig, account, 'subscription.started', { plan: 'starter' });
    await whenOpen(rig, account, ['002.onboarding.milestones', '002.onboarding.starter']);
    await tell(rig, account, 'conversation_solved');
    await tell(rig, account, 'account.plan_changed', { plan: 'business' });
    await whenOpen(rig, account, ['002.onboarding.business', '002.onboarding.milestones']);
    await eventually('the CEO has the call', async () =>
      (await tasksOf(rig)).some(({ step, ownerRole }) => step === 'ceo-call' && ownerRole === 'ceo'),
    );
    await tell(rig, account, 'conversation_solved');
    const milestones = (await journeysOf(rig, account)).find(({ key }) => key === 'milestones')!;
    const solved = (await explain(rig, milestones.id)).filter(({ step }) => step === 'solve_first_business_problem');
    expect(solved.map(({ outcome }) => outcome)).toEqual(['met']);
    expect((await journeysOf(rig, account)).map(({ playbook }) => playbook).sort()).toEqual([
      '002.onboarding.business',
      '002.onboarding.milestones',
    ]);
  });
});

describe('Starter with its milestones beside it', () => {
  it('writes seven e-mails in fourteen days, the celebrations among them', async () => {
    const start = Date.parse(START);
    const story = await beginStory(await testGround(), `acc-${randomUUID().slice(0, 12)}`, start);
    try {
      const contacts = [{ role: 'primary', email: `${story.account}@example.com`, consent: { email: true } }];
      const body = { name: 'Lakeside', plan: 'starter', timeZone: 'America/New_York', contacts };
      expect((await story.rig.call('PUT', `/v1/accounts/${story.account}`, body)).status).toBe(201);
      const on = (hours: number, type: string, data?: Record<string, unknown>) =>
        story.at(start + hours * 3_600_000, () => story.event(type, data));
      await on(0, 'subscription.started', { plan: 'starter' });
      await on(3, 'profile_completed');
      await on(72, 'integration_connected');
      await on(9 * 24, 'conversation_solved');
      await story.until(start + 13 * 24 * 3_600_000 + 1);
      const sent = (await messagesOf(story.rig, story.account)).filter(({ channel }) => channel === 'email');
      expect(sent.map(({ template }) => template).reverse()).toEqual([
        'self_service_welcome',
        'progress_email',
        'achievement_badge',
        'daily_routine',
        'knowledge_and_forum',
        'success_story_feature',
        'success_story_invitation',
      ]);
    } finally {
      await story.stop();
    }
  });
});
