import { describe, expect, it } from 'vitest';
import { customer, event, fact, live, of, sentOn } from './stories.ts';

const PLAYBOOK = '001.onboarding.professional';
/** Step, begin of its week, owner and attendees: the sixteen touchpoints of the specification. */
const TOUCHPOINTS = [
  ['ex-kickoff', 1, 'csm', 'C-level and key stakeholders'],
  ['te-architecture', 1, 'technical-architect', 'IT and DevOps teams'],
  ['cm-training', 1, 'csm', 'Training team and stakeholders'],
  ['ex-vision', 2, 'csm', 'Executive team'],
  ['te-integration', 2, 'technical-architect', 'Technical teams'],
  ['bt-analysis', 2, 'csm', 'Business stakeholders'],
  ['te-environment', 3, 'technical-architect', 'Development teams'],
  ['cm-change', 3, 'csm', 'All users'],
  ['ex-value', 4, 'csm', 'Executive team'],
  ['bt-design', 4, 'csm', 'Process owners'],
  ['cm-community', 5, 'csm', 'User community'],
  ['te-advanced', 6, 'technical-architect', 'Power users'],
  ['bt-measurement', 6, 'csm', 'Business and IT teams'],
  ['ex-roi', 8, 'csm', 'Executive team'],
  ['bt-scaling', 8, 'csm', 'Cross-functional teams'],
  ['cm-adoption', 10, 'csm', 'All stakeholders'],
] as const;
const weekBegins = (week: number) => (week === 1 ? 'PT0S' : `P${7 * (week - 1)}D`);
const in90Days = (story: { entries: { offset: string; outcome: string; step: string }[] }, step: string) =>
  story.entries.filter((e) => e.step === step && e.outcome === 'sent').map((e) => e.offset);

describe(PLAYBOOK, () => {
  it('takes a customer through sixteen touchpoints, the weekly check-ins and three milestones', async () => {
    const held = TOUCHPOINTS.map(([step, week]) => fact(`P${7 * (week - 1) + 3}D`, step, 'held'));
    const story = await live(
      PLAYBOOK,
      customer('enterprise', {
        facts: [
          ...held,
          ...[17, 31, 38, 44].map((day, i) =>
            fact(`P${day}D`, i === 0 ? 'executive-check-in-w3' : 'executive-check-in', 'held'),
          ),
          { after: 'P8D', step: 'survey-day-7', what: 'answered', value: 8 },
        ],
        events: [
          event('P10D', 'production_deployed'),
          event('P12D', 'roi_demonstrated'),
          event('P30D', 'advanced_features_adopted'),
          event('P40D', 'cross_team_established'),
          event('P60D', 'platform_integrated'),
          event('P80D', 'innovation_launched'),
        ],
      }),
    );
    const meetings = new Map(story.tasks.map((task) => [task.step, task]));
    for (const [step, week, owner, attendees] of TOUCHPOINTS) {
      expect(in90Days(story, step)).toEqual([weekBegins(week)]);
      expect(meetings.get(step)).toMatchObject({ ownerRole: owner, attendees, outcome: 'held' });
    }
    // Weeks 3 and 5 to 7; week 4 has an executive touchpoint already.
    expect([...in90Days(story, 'executive-check-in-w3'), ...in90Days(story, 'executive-check-in')]).toEqual([
      'P14D',
      'P28D',
      'P35D',
      'P42D',
    ]);
    expect(in90Days(story, 'innovation-workshop')).toEqual(['P59D', 'P89D']);
    expect(['week-2', 'week-6', 'week-12'].map((step) => of(story, step))).toEqual([
      ['P12D met early'],
      ['P40D met early'],
      ['P80D met early'],
    ]);
    expect(sentOn(story, 'email').filter((line) => line.endsWith('milestone_celebration'))).toEqual(
      ['P12D', 'P40D', 'P80D'].map((at) => `${at} milestone_celebration`),
    );
    expect(['survey-day-7', 'survey-day-30', 'survey-day-90'].map((step) => of(story, step)[0])).toEqual(
      ['P6D', 'P29D', 'P89D'].map((at) => `${at} sent onboarding_survey`),
    );
    expect(story.outcome).toBe('completed');
  });

  it('follows up every missed milestone and takes it to the account executive after seven days', async () => {
    const story = await live(
      PLAYBOOK,
      customer('enterprise', {
        events: [event('PT1H', 'unsubscribed', { channel: 'email' })],
        facts: [fact('P2D', 'ex-kickoff', 'no-show'), fact('P3D', 'te-architecture', 'no-show')],
      }),
    );
    expect(['week-2', 'week-6', 'week-12'].map((step) => of(story, step)[0])).toEqual([
      'P13D missed missed',
      'P41D missed missed',
      'P83D missed missed',
    ]);
    const start = Date.parse('2026-03-02T15:00:00.000Z');
    const about = story.tasks.filter((task) => task.step.startsWith('follow-up'));
    expect(about.map((task) => [task.step, task.ownerRole, (Date.parse(task.at) - start) / 86_400_000])).toEqual([
      ['follow-up-2', 'csm', 13],
      ['follow-up-2', 'account-executive', 20],
      ['follow-up-6', 'csm', 41],
      ['follow-up-6', 'account-executive', 48],
      ['follow-up-12', 'csm', 83],
      ['follow-up-12', 'account-executive', 90],
    ]);
    expect(of(story, 'ex-kickoff').at(-1)).toBe('P2D no-show no-show');
    expect(of(story, 'executive-check-in').at(-1)).toBe('P45D missed stage-ended');
    expect(sentOn(story, 'email')).toEqual(['PT0S onboarding_welcome_professional']);
    expect(story.outcome).toBe('completed-late');
  });

  it('reaches a milestone by the ticks of staff, and one of two conditions alone is not enough', async () => {
    const story = await live(
      PLAYBOOK,
      customer('enterprise', {
        facts: [
          fact('P5D', 'list-acceleration', 'completed', 'production'),
          fact('P16D', 'list-acceleration', 'completed', 'roi'),
        ],
        events: [event('P22D', 'customer.churned')],
      }),
    );
    expect(of(story, 'week-2')).toEqual(['P13D missed missed', 'P16D late late']);
    expect(of(story, 'celebrate-2').at(-1)).toBe('P16D sent milestone_celebration');
    expect(story.tasks.filter(({ ownerRole }) => ownerRole === 'account-executive')).toEqual([]);
    expect(story.outcome).toBe('churned');
  });

  it('goes over to Starter when the plan falls, with its own check-ins from there on', async () => {
    const story = await live(
      PLAYBOOK,
      customer('enterprise', {
        events: [
          event('P8D', 'roi_demonstrated'),
          event('P9DT1H', 'account.plan_changed', { plan: 'starter' }),
          event('P15D', 'advanced_features_adopted'),
          event('P30D', 'customer.churned'),
        ],
      }),
    );
    expect(in90Days(story, 'check-in-day-10')).toEqual([]);
    expect(in90Days(story, 'check-in-day-14')).toEqual(['P13D']);
    expect(in90Days(story, 'te-environment')).toEqual([]);
    // What was shown in Professional counts: the milestone of day 60 is met when the other half comes.
    expect(of(story, 'day-60')).toEqual(['P15D met early']);
    expect(sentOn(story, 'email').filter((line) => line.includes('welcome'))).toHaveLength(1);
  });
});
