import { describe, expect, it } from 'vitest';
import { customer, event, fact, live, of, sentOn } from './stories.ts';

const PLAYBOOK = '001.onboarding.starter';
const workflows = (after: string, value: number) => ({ after, name: 'production_workflows', value });
const CHECK_INS = [
  ['check-in-day-1', 'PT0S', 30],
  ['check-in-day-3', 'P2D', 45],
  ['check-in-day-5', 'P4D', 60],
  ['check-in-day-7', 'P6D', 30],
  ['check-in-day-10', 'P9D', 45],
  ['check-in-day-14', 'P13D', 60],
  ['check-in-day-17', 'P16D', 60],
  ['check-in-day-21', 'P20D', 45],
  ['check-in-day-28', 'P27D', 60],
] as const;
const allHeld = CHECK_INS.map(([step, at]) => fact(`${at === 'PT0S' ? 'P0D' : at}T6H`, step, 'held'));

describe(PLAYBOOK, () => {
  it('takes a good customer through nine check-ins, three phases and four milestones, each celebrated at once', async () => {
    const story = await live(
      PLAYBOOK,
      customer('starter', {
        metrics: [workflows('P4D', 1), workflows('P20D', 3)],
        events: [
          event('P25D', 'team_trained'),
          event('P50D', 'advanced_features_adopted'),
          event('P55D', 'roi_demonstrated'),
          event('P80D', 'platform_integrated'),
          event('P89D', 'expansion_planned'),
        ],
        facts: [
          fact('PT1H', 'check-in-day-1', 'booked'),
          ...allHeld,
          { after: 'P8D', step: 'survey-day-7', what: 'answered', value: 9 },
        ],
      }),
    );
    const meetings = story.tasks.filter((task) => task.kind === 'meeting' && task.step.startsWith('check-in'));
    expect(meetings.map(({ step, minutes, ownerRole }) => [step, minutes, ownerRole])).toEqual(
      CHECK_INS.map(([step, , minutes]) => [step, minutes, 'onboarding-specialist']),
    );
    expect(meetings.reduce((sum, { minutes }) => sum + minutes!, 0)).toBe(435);
    for (const [step, at] of CHECK_INS) expect(of(story, step)[0]).toMatch(new RegExp(`^${at} sent`));
    expect(CHECK_INS.map(([step]) => of(story, step).at(-1)!.split(' ')[1])).toEqual(Array(9).fill('held'));
    expect(of(story, 'light-check-in').map((line) => line.split(' ')[0])).toEqual(['P1D', 'P3D', 'P5D']);
    expect(['day-7', 'day-30', 'day-60', 'day-90'].map((step) => of(story, step))).toEqual([
      ['P4D met early'],
      ['P25D met early'],
      ['P55D met early'],
      ['P89D met on-time'],
    ]);
    expect(sentOn(story, 'email').filter((line) => line.endsWith('milestone_celebration'))).toEqual([
      'P4D milestone_celebration',
      'P25D milestone_celebration',
      'P55D milestone_celebration',
      'P89D milestone_celebration',
    ]);
    // Each within 24 hours, by the success manager.
    const recognised = story.tasks.filter((task) => task.step.startsWith('recognise'));
    expect(recognised.map((task) => [task.ownerRole, Date.parse(task.dueAt!) - Date.parse(task.at)])).toEqual(
      Array(4).fill(['csm', 24 * 3_600_000]),
    );
    expect(of(story, 'business-review').filter((line) => line.includes('sent'))).toEqual([
      'P59D sent as-planned',
      'P89D sent as-planned',
    ]);
    expect(['survey-day-7', 'survey-day-30', 'survey-day-90'].map((step) => of(story, step)[0])).toEqual([
      'P6D sent onboarding_survey',
      'P29D sent onboarding_survey',
      'P89D sent onboarding_survey',
    ]);
    expect(of(story, 'survey-day-7-reminder')).toEqual(['P8D skipped already-done']);
    expect(of(story, 'survey-day-30-reminder')).toEqual(['P36D sent onboarding_survey_reminder']);
    expect(of(story, 'survey-day-30').at(-1)).toMatch(/^P43D expired/);
    expect(story.tasks.filter((task) => task.step.startsWith('follow-up'))).toEqual([]);
    expect(story.outcome).toBe('completed');
    process.stdout.write(
      `${PLAYBOOK}, 90 days: ${story.history.events} events, ${story.history.actions} billable actions\n`,
    );
    expect(story.history.events).toBeLessThan(450);
    expect(story.history.actions).toBeLessThan(100);
  });

  it('follows up every missed milestone and takes it to the success manager after seven days, whatever else fails', async () => {
    const noShows = ['check-in-day-1', 'check-in-day-3'].map((step, i) => fact(`P${i * 2}DT7H`, step, 'no-show'));
    const story = await live(
      PLAYBOOK,
      customer('starter', { facts: noShows, events: [event('P1DT1H', 'unsubscribed', { channel: 'email' })] }),
    );
    expect(of(story, 'check-in-day-3').at(-1)).toBe('P2DT7H no-show no-show');
    expect(of(story, 'check-in-day-5').at(-1)).toBe('P14D missed stage-ended');
    expect(of(story, 'check-in-day-28').at(-1)).toBe('P35D missed stage-ended');
    expect(['day-7', 'day-30', 'day-60', 'day-90'].map((step) => of(story, step)[0])).toEqual(
      ['P6D', 'P29D', 'P59D', 'P89D'].map((at) => `${at} missed missed`),
    );
    const about = story.tasks.filter((task) => task.step.startsWith('follow-up'));
    expect(about.map(({ step, ownerRole, at }) => [step, ownerRole, offset(at)])).toEqual(
      [7, 30, 60, 90].flatMap((day) => [
        [`follow-up-${day}`, 'onboarding-specialist', day - 1],
        [`follow-up-${day}`, 'csm', day + 6],
      ]),
    );
    expect(sentOn(story, 'email').filter((line) => line.endsWith('milestone_celebration'))).toEqual([]);
    expect(of(story, 'survey-day-7')).toEqual(['P6D skipped unsubscribed']);
    expect(story.outcome).toBe('completed-late');
  });

  it('celebrates a milestone that comes late once, as late, and stops what its delay had set going', async () => {
    const story = await live(
      PLAYBOOK,
      customer('starter', {
        metrics: [workflows('P9D', 1), workflows('P12D', 2)],
        events: [event('P20D', 'customer.churned')],
      }),
    );
    expect(of(story, 'day-7')).toEqual(['P6D missed missed', 'P9D late late']);
    expect(of(story, 'celebrate-7').at(-1)).toBe('P9D sent milestone_celebration');
    expect(of(story, 'follow-up-7').at(-1)).toMatch(/^P9D completed/);
    expect(story.tasks.filter(({ step, ownerRole }) => step === 'follow-up-7' && ownerRole === 'csm')).toEqual([]);
    expect(story.outcome).toBe('churned');
  });

  it('takes a tick of staff for a milestone, which a pause does not move, and goes on after it where it stopped', async () => {
    const tick = (after: string, item: string) => fact(after, 'list-core-usage', 'completed', item);
    const story = await live(
      PLAYBOOK,
      customer('starter', {
        facts: [
          fact('P3D', 'list-preparation', 'completed', 'first-workflow'),
          tick('P27D', 'three-workflows'),
          tick('P28D', 'team-trained'),
        ],
        commands: [
          { after: 'P24D', command: 'pause' },
          { after: 'P40D', command: 'resume' },
          { after: 'P52D', command: 'exit' },
        ],
      }),
    );
    expect(of(story, 'day-7')).toEqual(['P3D met early']);
    expect(of(story, 'day-30')).toEqual(['P28D met early']);
    expect(of(story, 'celebrate-30').at(-1)).toMatch(/^P40D sent/);
    // Beyond the end of its own week and phase by the calendar.
    expect(of(story, 'check-in-day-28')[0]).toBe('P43D sent as-planned');
    expect(of(story, 'survey-day-30')[0]).toBe('P45D sent onboarding_survey');
    expect(of(story, 'check-in-day-28').at(-1)).toBe('P51D missed stage-ended');
    expect(story.tasks.find(({ step }) => step === 'recognise-30')?.title).toBe('Recognition call, day 30');
    expect(story.mails.find(({ text }) => text.includes('Day 30 of your programme'))?.template).toBe(
      'onboarding_survey',
    );
    expect(story.outcome).toBe('exited');
  });

  it('goes over to Professional in the middle, which begins then, and repeats nothing that was achieved', async () => {
    const story = await live(
      PLAYBOOK,
      customer('starter', {
        metrics: [workflows('P4D', 1)],
        events: [
          event('P8D', 'roi_demonstrated'),
          event('P30D', 'advanced_features_adopted'),
          event('P35DT1H', 'account.plan_changed', { plan: 'enterprise' }),
        ],
        facts: allHeld,
        commands: [{ after: 'P50D', command: 'exit' }],
      }),
    );
    expect(sentOn(story, 'email').filter((line) => line.includes('welcome'))).toEqual([
      'PT0S onboarding_welcome_starter',
      'P35DT1H onboarding_welcome_professional',
    ]);
    expect(sentOn(story, 'email').filter((line) => line.endsWith('milestone_celebration'))).toEqual([
      'P4D milestone_celebration',
      'P30D milestone_celebration',
    ]);
    expect(of(story, 'ex-kickoff')[0]).toMatch(/^P35DT1H sent/);
    expect(of(story, 'te-integration')[0]).toMatch(/^P42DT1H sent/);
    expect(of(story, 'day-90')).toEqual(['P35DT1H dropped removed-by-migration']);
    expect(of(story, 'week-2')).toEqual(['P48DT1H missed missed']);
    expect(of(story, 'survey-day-30')).toHaveLength(2);
    expect(story.tasks.filter((task) => task.step === 'recognise-7' && task.state === 'open')).toEqual([]);
  });
});

const offset = (at: string) => (Date.parse(at) - Date.parse('2026-03-02T15:00:00.000Z')) / 86_400_000;
